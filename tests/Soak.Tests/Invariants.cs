using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Soak.Tests;

/// <summary>What must hold when nothing is under way any more, whatever has happened before.</summary>
internal static class Invariants
{
    private static readonly MachineState[] AtRest = [MachineState.Running, MachineState.Stopped, MachineState.Failed];

    /// <summary>
    /// Waits until nothing more is to come, and no longer than that: no machine has lived its time, every operation has
    /// ended, the sweeps have seen every machine, and nothing is on the host that is in no row. The clock's jumps make workers
    /// lose their leases in the middle of a step; what such a step makes afterwards is removed by a sweep, a while later.
    /// </summary>
    public static Task SettleAsync(TestServer server) => Eventually.BecomesAsync(async () =>
    {
        await using var db = server.Db();
        // Whoever waits for another try has its time at once; a lease is left to whoever holds it.
        var now = server.Clock.GetUtcNow();
        if (await db.Operations.Where(o => o.Live && o.LeaseHolder == null && o.RunAt > now).MinAsync(o => (DateTimeOffset?)o.RunAt) is { } next)
            server.Clock.Advance(next - now);
        now = server.Clock.GetUtcNow();
        return !await db.Machines.AnyAsync(m => m.ExpiresAt <= now && m.State != MachineState.Deleting)
            // Also of an operation that has ended: one that was superseded keeps its claim until its step has stopped.
            && !await db.Operations.AnyAsync(o => o.Live || o.LeaseHolder != null)
            && !await db.Machines.AnyAsync(m => m.State == MachineState.Unknown)
            && (await LeftoversAsync(server)).Count == 0;
    }, "nothing more is to come", TimeSpan.FromMinutes(3), () => TellAsync(server));

    private static async Task<string> TellAsync(TestServer server)
    {
        await using var db = server.Db();
        return string.Join('\n', (await db.Operations.Where(o => o.Live || o.LeaseHolder != null).ToListAsync())
            .Select(o => $"{o.Kind} {o.Id} {o.Status} step {o.Step}, attempts {o.Attempts}, run at {o.RunAt}, lease {o.LeaseHolder} until {o.LeaseUntil}; now {server.Clock.GetUtcNow()}: {o.Message}"))
            + $"\non the host and in no row: {string.Join(' ', await LeftoversAsync(server))}";
    }

    private static async Task<IReadOnlyCollection<string>> LeftoversAsync(TestServer server)
    {
        await using var db = server.Db();
        var ids = await db.Machines.Select(m => m.Id).ToListAsync();
        return [.. (await server.Get<IHypervisor>().ListAsync(CancellationToken.None)).Select(f => f.MachineId!).Except(ids, StringComparer.Ordinal)];
    }

    public static async Task HoldAsync(TestServer server)
    {
        await using var db = server.Db();
        var operations = await db.Operations.AsNoTracking().ToListAsync();
        operations.Where(o => o.Live || o.EndedAt == null || o.LeaseHolder != null || o.LeaseUntil != null)
            .Select(o => $"{o.Kind} {o.Status} step {o.Step} live {o.Live} lease {o.LeaseHolder} until {o.LeaseUntil}").ShouldBeEmpty();
        operations.ShouldAllBe(o => o.Status == OperationStatus.Succeeded || o.Status == OperationStatus.Failed || o.Status == OperationStatus.Cancelled);
        operations.Where(o => o.Status != OperationStatus.Succeeded).ShouldAllBe(o => o.ProblemJson != null);

        var machines = await db.Machines.AsNoTracking().ToListAsync();
        machines.Where(m => !AtRest.Contains(m.State)).Select(m => $"{m.Id} {m.State}").ShouldBeEmpty("a state of passage without an operation");

        var forwards = await db.PortForwards.AsNoTracking().ToListAsync();
        var ids = machines.Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        forwards.Where(f => !ids.Contains(f.MachineId)).ShouldBeEmpty("a port of no machine");
        forwards.GroupBy(f => (f.Protocol, f.HostPort)).Where(g => g.Count() > 1).ShouldBeEmpty("one port twice");
        var withPorts = forwards.Select(f => f.MachineId).ToHashSet(StringComparer.Ordinal);
        var neverMade = NeverMade(machines, operations);
        machines.Where(m => withPorts.Contains(m.Id) == neverMade.Contains(m.Id)).Select(m => $"{m.Id} {m.State}")
            .ShouldBeEmpty("a machine has its ports, and one whose launch failed has none");

        var found = (await server.Get<IHypervisor>().ListAsync(CancellationToken.None)).ToDictionary(f => f.MachineId!, f => f.Power, StringComparer.Ordinal);
        found.Keys.Except(ids, StringComparer.Ordinal).ShouldBeEmpty("on the host and in no row");
        var halfDeleted = HalfDeleted(machines, operations);
        machines.Where(m => !found.ContainsKey(m.Id) && !neverMade.Contains(m.Id) && !halfDeleted.Contains(m.Id))
            .Select(m => $"{m.Id} {m.State}: {string.Join(", ", operations.Where(o => o.SubjectId == m.Id).OrderBy(o => o.CreatedAt).Select(o => $"{o.Kind} {o.Status} {o.Step}"))}")
            .ShouldBeEmpty("in a row and not on the host");
        found.Keys.Intersect(neverMade, StringComparer.Ordinal).ShouldBeEmpty("left behind by a failed launch");
        machines.Where(m => found.TryGetValue(m.Id, out var power) && m.State != MachineState.Failed && (power == ObservedPower.On) != (m.State == MachineState.Running))
            .Select(m => $"{m.Id} is {m.State}, its host says {found[m.Id]}").ShouldBeEmpty();
    }

    /// <summary>Machines whose launch failed: the row says why, and nothing else is left of them.</summary>
    private static HashSet<string> NeverMade(List<Server.Machines.MachineRow> machines, List<Server.Operations.OperationRow> operations)
        => operations.Where(o => o is { Kind: "machine.launch", Status: OperationStatus.Failed }).Select(o => o.SubjectId)
            .Intersect(machines.Select(m => m.Id), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// Machines that failed to be deleted: the host may have removed them before the lease ran out and a later try was
    /// refused. The row says so, and is deleted again.
    /// </summary>
    private static HashSet<string> HalfDeleted(List<Server.Machines.MachineRow> machines, List<Server.Operations.OperationRow> operations)
        => operations.Where(o => o is { Kind: "machine.delete", Status: OperationStatus.Failed }).Select(o => o.SubjectId)
            .Intersect(machines.Where(m => m.State == MachineState.Failed).Select(m => m.Id), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
}
