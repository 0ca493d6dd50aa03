using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Placing;

/// <summary>
/// Chooses a machine's host among those that take it: hardware acceleration before emulation, then the tightest fit, so that
/// large machines still find room later.
/// </summary>
internal sealed class MachinePlacement(WarrenDb db, HostAdmission admission, HostViews views, Hosts.HostOptions options, MachineOptions machines, Caller caller, IReadOnlyList<HypervisorKind> kinds)
{
    /// <summary>Decides without deciding: nothing is locked, nothing is kept.</summary>
    public async Task<Placement> ExplainAsync(PlacementWish wish, CancellationToken cancellation) => (await DecideAsync(wish, locked: false, cancellation)).Placement;

    /// <summary>
    /// Decides, and keeps everybody else's hands off the room until the transaction ends: it must run in the one that adds the machine.
    /// </summary>
    /// <exception cref="RefusedException">No host takes it; the problem names each with its reasons.</exception>
    public async Task<Placement> DemandAsync(PlacementWish wish, CancellationToken cancellation)
    {
        var (placement, full) = await DecideAsync(wish, locked: true, cancellation);
        return placement.Host is not null ? placement : throw new RefusedException(Refusal(placement, full));
    }

    /// <returns>The decision, and whether nothing but memory is missing wherever it could go.</returns>
    private async Task<(Placement Placement, bool Full)> DecideAsync(PlacementWish wish, bool locked, CancellationToken cancellation)
    {
        wish = wish with { IsLimited = machines.NetworkMbps is not null && caller is not { IsSomebody: true, IsAdministrator: true } };
        var candidates = new List<Candidate>();
        var rows = await RowsAsync(wish, locked, cancellation);
        var loads = await admission.LoadAsync(null, cancellation);
        // A machine that moves has a place on both.
        var counts = (await db.Machines.Select(m => new { m.Host, m.MovingTo }).ToListAsync(cancellation))
            .SelectMany(m => m.MovingTo is null ? [m.Host] : new[] { m.Host, m.MovingTo }).CountBy(h => h, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var against = PlacementRules.Against(wish, row, kinds.FirstOrDefault(k => k.Name == row.Hypervisor),
                await views.CapabilitiesAsync(row, cancellation), counts.GetValueOrDefault(row.Name));
            var full = row.Probe is not null && wish.Starts && against.Count == 0 ? admission.Full(row, loads, wish.Spec.MemoryMiB) : null;
            if (full is not null) against.Add(full);
            candidates.Add(new Candidate(row, against, full is not null, Left(row, loads, wish)));
        }

        var fitting = candidates.Where(c => c.Against.Count == 0)
            .OrderByDescending(c => c.IsAccelerated).ThenBy(c => c.LeftMiB).ThenBy(c => c.Row.Name, StringComparer.Ordinal).ToList();
        var chosen = fitting.FirstOrDefault();
        var placement = new Placement
        {
            Host = chosen?.Row.Name,
            Why = chosen is null ? null : Why(wish, chosen, fitting.Count),
            Hosts = [.. candidates.Select(c => new HostVerdict(c.Row.Name, c.Against.Count == 0, c == chosen ? [] : c.Against.Count > 0 ? c.Against : [Behind(c, chosen!)]))],
        };
        return (placement, candidates.Count > 0 && candidates.TrueForAll(c => c.IsFull));
    }

    private async Task<List<HostRow>> RowsAsync(PlacementWish wish, bool locked, CancellationToken cancellation)
    {
        var names = await db.Hosts.AsNoTracking().OrderBy(h => h.Name).Select(h => h.Name).ToListAsync(cancellation);
        // By code point on both databases: whoever locks several locks them in this order.
        names.Sort(StringComparer.Ordinal);
        if (wish.Host is not null)
        {
            if (!names.Contains(wish.Host))
                throw new RefusedException(Problems.Validation("host", $"there is no host '{wish.Host}'; known: {string.Join(", ", names)}"));
            names = [wish.Host];
        }

        if (!locked) return await db.Hosts.AsNoTracking().Where(h => names.Contains(h.Name)).ToListAsync(cancellation);
        var rows = new List<HostRow>();
        foreach (var name in names) rows.Add(await admission.LockAsync(name, cancellation));
        return rows;
    }

    private long Left(HostRow row, IReadOnlyDictionary<string, HostLoad> loads, PlacementWish wish) => row.Probe is not null
        ? admission.UsableMiB(row) - (loads.GetValueOrDefault(row.Name)?.PromisedMiB ?? 0) - (wish.Starts ? wish.Spec.MemoryMiB + options.OverheadMiB : 0)
        : 0;

    private static string Why(PlacementWish wish, Candidate chosen, int fitting) => wish.Host is not null ? "It was asked for."
        : fitting == 1 ? "It is the only one that takes it."
        : $"Of {fitting} that take it, {(chosen.IsAccelerated ? "it runs guests with hardware acceleration and " : "it ")}is the tightest fit: {chosen.LeftMiB} MiB stay free.";

    private static string Behind(Candidate other, Candidate chosen) => other.IsAccelerated != chosen.IsAccelerated
        ? $"would take it, but runs guests by emulation ({other.Row.Probe!.Accelerator})"
        : $"would take it, with {other.LeftMiB} MiB left free where '{chosen.Row.Name}' has {chosen.LeftMiB}";

    private static Problem Refusal(Placement placement, bool full)
    {
        var refusals = placement.Hosts.ToDictionary(h => h.Host, h => string.Join("; ", h.Reasons), StringComparer.Ordinal);
        if (full) return Problems.Capacity("memoryMiB: " + string.Join(" ", refusals.Values));
        return Problems.NoHost(
            $"No host takes this machine. {string.Join(" ", refusals.Select(r => $"{r.Key}: {r.Value}."))}",
            refusals.ToDictionary(r => $"hosts.{r.Key}", r => new[] { r.Value }, StringComparer.Ordinal));
    }

    private sealed record Candidate(HostRow Row, List<string> Against, bool IsFull, long LeftMiB)
    {
        /// <summary>By the processor, not by TCG; the imitation runs nothing at all.</summary>
        public bool IsAccelerated => Row.Probe?.Accelerator is { Length: > 0 } accelerator and not ("tcg" or "none");
    }
}
