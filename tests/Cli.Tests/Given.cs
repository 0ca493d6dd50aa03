using Warren.Contracts;

namespace Cli.Tests;

/// <summary>Records to test with.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Machine Machine(string name = "web", MachineState state = MachineState.Running) => new()
    {
        Id = "m-" + name,
        Name = name,
        Owner = "owner",
        Project = "default",
        Host = "local",
        Image = "debian-12",
        Spec = new MachineSpec { MemoryMiB = 1024, Cpus = 2, DiskGiB = 10 },
        Wanted = state is MachineState.Stopped ? WantedPower.Off : WantedPower.On,
        State = state,
        Readiness = new Readiness(),
        Forwards = [],
        CreatedAt = Noon.AddMinutes(-90),
    };

    public static Readiness Ready(params ReadinessRung[] rungs) => new()
    {
        Rung = rungs.Length == 0 ? ReadinessRung.None : rungs.Max(),
        Reached = [.. rungs.Select((rung, i) => new ReachedRung(rung, Noon.AddSeconds(i * 1.5)))],
        CloudInit = rungs.Contains(ReadinessRung.CloudInit) ? CloudInitStatus.Done : CloudInitStatus.Unknown,
    };

    public static Operation Operation(string id, OperationStatus status, int progress = 0, string subject = "web") => new()
    {
        Id = id,
        Kind = "machine.launch",
        SubjectKind = "machine",
        SubjectId = "m-" + subject,
        SubjectName = subject,
        Status = status,
        Step = "boot",
        Progress = progress,
        CreatedAt = Noon,
        Deadline = Noon.AddMinutes(10),
        EndedAt = status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled ? Noon.AddSeconds(8) : null,
    };

    public static SshKey Key(string name) => new()
    {
        Id = "k-" + name,
        Name = name,
        Owner = "owner",
        Algorithm = "ssh-ed25519",
        PublicKey = "ssh-ed25519 AAAA" + name + " " + name,
        Fingerprint = "SHA256:abc",
        CreatedAt = Noon,
    };

    public static Image Image(string name, params string[] features) => new()
    {
        Id = "i-" + name,
        Name = name,
        Owner = "owner",
        Project = "default",
        State = ImageState.Ready,
        Source = "recipe:" + name,
        Verification = new ImageVerification("built-here", "built-here", false),
        Features = features,
        Format = "qcow2",
        SizeBytes = 201_326_592,
        VirtualSizeBytes = 2L << 30,
        CreatedAt = Noon,
    };
}
