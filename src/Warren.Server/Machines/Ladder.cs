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

    /// <summary>Whether there is nothing left to wait for.</summary>
    public static bool IsTop(Readiness readiness) => readiness.Rung == ReadinessRung.CloudInit;
}
