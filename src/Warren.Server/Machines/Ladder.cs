using Warren.Contracts;

namespace Warren.Server.Machines;

/// <summary>Moves on the readiness ladder. Rungs are reached once per boot and never lost: a busy guest is still a ready one.</summary>
internal static class Ladder
{
    public static Readiness Climb(Readiness readiness, ReadinessRung rung, DateTimeOffset at)
        => readiness.Has(rung) ? readiness : readiness with
        {
            Reached = [.. readiness.Reached, new ReachedRung(rung, at)],
            Rung = (ReadinessRung)Math.Max((int)readiness.Rung, (int)rung),
        };

    /// <summary>
    /// Whether there is nothing left to wait for: cloud-init is through and the SSH server greets. The order of the two is the
    /// guest's own; one that has no SSH server is not waited for longer than this. A guest whose remote desktop answers has neither.
    /// </summary>
    public static bool IsTop(Readiness readiness, DateTimeOffset now) => readiness.Has(ReadinessRung.RemoteDesktop)
        || readiness.Reached.FirstOrDefault(r => r.Rung == ReadinessRung.CloudInit) is { } through && (readiness.Has(ReadinessRung.Ssh) || now - through.At > SshPatience);

    /// <summary>After cloud-init an SSH server starts within seconds; under emulation on a busy host within tens of them.</summary>
    private static readonly TimeSpan SshPatience = TimeSpan.FromSeconds(60);
}
