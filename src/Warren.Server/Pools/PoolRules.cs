using Warren.Contracts;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Pools;

/// <summary>What a pool may be, and how long it takes to get something from it.</summary>
internal sealed class PoolRules(PoolOptions options)
{
    /// <summary>The names of its machines add some characters to the pool's.</summary>
    public const int LongestName = 50;

    /// <summary>Shortest lease, as the shortest time to live of any machine, in seconds.</summary>
    public const int ShortestLease = 60;

    private const int Year = 31_536_000;

    /// <param name="pool">What was stated of it.</param>
    /// <param name="whole">Its launch with what a template says; the pool's own when null.</param>
    /// <exception cref="RefusedException">Rules are broken; all of them are named.</exception>
    public void Check(PoolRow pool, LaunchRequest? whole = null)
    {
        var check = new Check();
        check.That(Names.IsHostLabel(pool.Name) && pool.Name.Length <= LongestName, "name", $"{Names.HostLabelRule}, of {LongestName} characters at most");
        check.That(pool.Min >= 0, "min", "0 or more");
        check.That(pool.Target >= pool.Min, "target", $"not less than min, {pool.Min}");
        check.That(pool.Max >= pool.Target && pool.Max >= 1, "max", $"1 or more and not less than target, {pool.Target}");
        check.That(pool.Max <= options.MaximumMachines, "max", $"at most {options.MaximumMachines} (Pools:MaximumMachines)");
        check.That(pool.MaxAgeSeconds is null or (>= 60 and <= Year), "maxAgeSeconds", $"60 to {Year} seconds");
        check.That(pool.LeaseSeconds is >= ShortestLease and <= Year, "leaseSeconds", $"{ShortestLease} to {Year} seconds");
        check.That(pool.LeaseMaximumSeconds >= pool.LeaseSeconds && pool.LeaseMaximumSeconds <= Year, "leaseMaximumSeconds", $"not less than leaseSeconds, {pool.LeaseSeconds}, and at most {Year} seconds");
        CheckMachine(check, pool.Machine, whole ?? pool.Machine);
        check.Throw();
    }

    /// <summary>Seconds that a lease lasts.</summary>
    /// <exception cref="RefusedException">More than the pool allows.</exception>
    public static int Ttl(PoolRow pool, int? asked) => asked is null ? pool.LeaseSeconds
        : asked >= ShortestLease && asked <= pool.LeaseMaximumSeconds ? asked.Value
        : throw new RefusedException(Problems.Validation("ttlSeconds", $"{ShortestLease} to {pool.LeaseMaximumSeconds} seconds, the pool's maximum"));

    public static Problem DrainingProblem(PoolRow pool) => Problems.IllegalState($"Pool '{pool.Name}' is draining and lends nothing. Resume it first.");

    /// <summary>When a spare can be expected: as many launches one after another as there are claims before this one, as fast as they have been.</summary>
    public int RetryAfterSeconds(PoolRow pool, int waiting)
    {
        var fill = Measures.Percentile(pool.FillsJson, 50) is { } measured ? measured / 1000.0 : 30;
        var rounds = 1 + (waiting / Math.Max(1, options.FillingAtOnce));
        return (int)Math.Clamp(Math.Ceiling(fill * rounds), 1, 3600);
    }

    /// <summary>What only one machine can have is not for a pool's.</summary>
    private static void CheckMachine(Check check, LaunchRequest machine, LaunchRequest whole)
    {
        check.That(machine.Name is null, "machine.name", "leave it out: each machine is given a name of its own");
        check.That(machine.TtlSeconds is null, "machine.ttlSeconds", "leave it out: a spare lives until it is lent, and then as long as its lease");
        check.That(machine.TtlAction is null, "machine.ttlAction", "leave it out: a machine is deleted when its lease ends");
        check.That(machine.Unwatched is null, "machine.unwatched", "leave it out: a machine's lease says how long it is lent");
        check.That(machine.Idle is null, "machine.idle", "leave it out: a spare is idle by its nature, and its lease says how long a machine is lent");
        check.That(machine.Start, "machine.start", "leave it out: the pool's kind says whether spares run");
        for (var i = 0; i < whole.Forwards.Count; i++)
            check.That(whole.Forwards[i].HostPort is null, $"machine.forwards[{i}].hostPort", "leave it out: a port of the host leads to one machine");
        for (var i = 0; i < whole.DataDisks.Count; i++)
            check.That(whole.DataDisks[i].Path is null, $"machine.dataDisks[{i}].path", "two machines must not write to one file; give sizeGiB");
    }
}
