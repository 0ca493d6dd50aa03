using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Machines;

/// <summary>A machine: what is wanted and what was last observed.</summary>
internal sealed partial class MachineRow : IEventSource, IVersioned, IHosted
{
    /// <summary>Generation of the first seed of a fork: when it boots some day, it keeps the identity that it was given.</summary>
    public const int RenewedGeneration = 2;

    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public required string Host { get; set; }

    /// <summary>As the user named it.</summary>
    public required string ImageName { get; set; }

    /// <summary>The stored image, once it is there.</summary>
    public string? ImageId { get; set; }

    /// <summary>The template it was launched from, as name@version.</summary>
    public string? Template { get; set; }

    public int MemoryMib { get; set; }
    public int Cpus { get; set; }
    public int DiskGib { get; set; }

    /// <summary>A <see cref="MachineDevices"/>.</summary>
    public required string DevicesJson { get; set; }

    public required string MacAddress { get; set; }

    /// <summary>Public keys that the seed carries.</summary>
    public required string PublicKeysJson { get; set; }

    public string? UserData { get; set; }

    /// <summary>Rises when the guest is to take its seed anew; part of cloud-init's instance-id.</summary>
    public int SeedGeneration { get; set; }

    public WantedPower Wanted { get; set; }
    public MachineState State { get; private set; } = MachineState.Creating;
    public required string ReadinessJson { get; set; }
    public int? ProcessId { get; set; }
    public string? ProblemJson { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? ObservedAt { get; set; }

    /// <summary>A <see cref="Contracts.Placement"/>: why it is where it is.</summary>
    public string? PlacementJson { get; set; }

    /// <summary>Addresses of the guest, as last seen.</summary>
    public string AddressesJson { get; set; } = "[]";

    /// <summary>Whether it starts with its host, where that was said here.</summary>
    public bool? Autostart { get; set; }

    /// <summary>It was not made from an image of ours: adopted, or cloned from such a one.</summary>
    public bool WithoutImage { get; set; }

    /// <summary>The host it is moving to; holds the room there.</summary>
    public string? MovingTo { get; set; }

    /// <summary>The machine whose disks it was made from.</summary>
    public string? CloneOf { get; set; }

    /// <summary>The golden image that it came from, by way of other machines too.</summary>
    public string? GoldenImageId { get; set; }

    /// <summary>The machine that it was forked from.</summary>
    public string? ForkOf { get; set; }

    /// <summary>The snapshot that it stands on.</summary>
    public string? SnapshotId { get; set; }

    /// <summary>The pool that it was made for.</summary>
    public string? PoolId { get; set; }

    /// <summary>Where in its pool it is.</summary>
    public PoolPlace? PoolPlace { get; set; }

    /// <summary>When it became a spare.</summary>
    public DateTimeOffset? SpareSince { get; set; }

    /// <summary>The lease that it is lent by, or was.</summary>
    public string? LeaseId { get; set; }

    /// <summary>What it shows is recorded while it is on.</summary>
    public bool RecordScreen { get; set; }

    public int Version { get; set; }

    string IEventSource.EventSubject => "machine";

    string IEventSource.EventVerb(string verb, Func<string, bool> changed) => VerbOf(verb, changed);

    public Placement? Placement
    {
        get => PlacementJson is null ? null : JsonSerializer.Deserialize<Placement>(PlacementJson, WarrenJson.Options);
        set => PlacementJson = value is null ? null : JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    public List<string> Addresses
    {
        get => JsonSerializer.Deserialize<List<string>>(AddressesJson)!;
        set => AddressesJson = JsonSerializer.Serialize(value);
    }

    public MachineDevices Devices => JsonSerializer.Deserialize<MachineDevices>(DevicesJson, WarrenJson.Options)!;

    public Readiness Readiness
    {
        get => JsonSerializer.Deserialize<Readiness>(ReadinessJson, WarrenJson.Options)!;
        set => ReadinessJson = JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    public List<string> PublicKeys
    {
        get => JsonSerializer.Deserialize<List<string>>(PublicKeysJson)!;
        set => PublicKeysJson = JsonSerializer.Serialize(value);
    }

    public Problem? Problem
    {
        get => ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(ProblemJson, WarrenJson.Options);
        set => ProblemJson = value is null ? null : JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    /// <summary>It could not be made, and nothing of it is on its host: it holds no image, and there is nothing to start.</summary>
    public void NeverMade(Problem problem)
    {
        MoveTo(MachineState.Failed);
        Wanted = WantedPower.Off;
        Problem = problem;
        (ImageId, GoldenImageId) = (null, null);
    }

    /// <summary>Moves to a state by the table; leaving what was running resets the readiness ladder.</summary>
    public void MoveTo(MachineState state)
    {
        State = MachineStates.Move(State, state);
        // What does not run is not used, and its time without use begins anew.
        if (state is not (MachineState.Running or MachineState.Unknown or MachineState.Stopping)) (LastActiveAt, IdleDueAt, UnwatchedDueAt) = (null, null, null);
        if (state is MachineState.Running or MachineState.Paused or MachineState.Unknown or MachineState.Stopping) return;
        Readiness = new Readiness();
        AddressesJson = "[]";
        ProcessId = null;
    }
}

/// <summary>Devices of a machine beyond memory, CPUs and the system disk.</summary>
internal sealed record MachineDevices
{
    public MachineFirmware Firmware { get; init; }
    public MachineVideo Video { get; init; }
    public bool Ephemeral { get; init; }
    public IReadOnlyList<DataDiskSpec> DataDisks { get; init; } = [];
    public string? Network { get; init; }
    public MachineNetworkMode? NetworkMode { get; init; }
    public IReadOnlyList<string> Egress { get; init; } = [];
    public int? NetworkMbps { get; init; }
    public int? DiskMiBps { get; init; }
    public int? DiskIops { get; init; }
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
