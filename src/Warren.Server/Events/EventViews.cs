using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Machines;
using Warren.Server.Pools;

namespace Warren.Server.Events;

/// <summary>
/// Loads what an event's subject is like now, in the form its own route returns. Read at sending, so a burst of changes
/// costs one load, and a replay never shows a state that is long gone as if it were news.
/// </summary>
internal sealed class EventViews(HostViews hosts, TimeProvider clock)
{
    /// <param name="db">Where they are.</param>
    /// <param name="events">The events.</param>
    /// <param name="shared">How machines are shared with who is told.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<Dictionary<string, JsonElement>> LoadAsync(WarrenDb db, IReadOnlyCollection<EventRow> events, IReadOnlyDictionary<string, SharedWithYou> shared, CancellationToken cancellation)
    {
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Ids(events, "machine") is { Count: > 0 } machines)
            foreach (var machine in await MachineViews.LoadAsync(db, db.Machines.AsNoTracking().Where(m => machines.Contains(m.Id)), cancellation, shared))
                found[machine.Id] = JsonSerializer.SerializeToElement(machine, WarrenJson.Options);
        if (Ids(events, "operation") is { Count: > 0 } operations)
            foreach (var operation in await db.Operations.AsNoTracking().Where(o => operations.Contains(o.Id)).ToListAsync(cancellation))
                found[operation.Id] = JsonSerializer.SerializeToElement(operation.ToContract(), WarrenJson.Options);
        if (Ids(events, "image") is { Count: > 0 } images)
            foreach (var image in await ImageViews.LoadAsync(db, db.Images.AsNoTracking().Where(i => images.Contains(i.Id)), cancellation))
                found[image.Id] = JsonSerializer.SerializeToElement(image, WarrenJson.Options);
        if (Ids(events, "golden-image") is { Count: > 0 } golden)
            foreach (var image in await GoldenImageViews.LoadAsync(db, db.GoldenImages.AsNoTracking().Where(g => golden.Contains(g.Id)), cancellation))
                found[image.Id] = JsonSerializer.SerializeToElement(image, WarrenJson.Options);
        if (Ids(events, "pool") is { Count: > 0 } pools)
            foreach (var pool in await PoolViews.LoadAsync(db, db.Pools.AsNoTracking().Where(p => pools.Contains(p.Id)), clock.GetUtcNow(), cancellation))
                found[pool.Id] = JsonSerializer.SerializeToElement(pool, WarrenJson.Options);
        if (Ids(events, "lease") is { Count: > 0 } leases)
            foreach (var lease in await LeaseViews.LoadAsync(db, db.Leases.AsNoTracking().Where(l => leases.Contains(l.Id)), cancellation))
                found[lease.Id] = JsonSerializer.SerializeToElement(lease, WarrenJson.Options);
        if (Ids(events, "connection") is { Count: > 0 } connections)
            foreach (var connection in await db.Connections.AsNoTracking().Where(c => connections.Contains(c.Id)).ToListAsync(cancellation))
                found[connection.Id] = JsonSerializer.SerializeToElement(connection.ToContract(), WarrenJson.Options);
        if (Ids(events, "recording") is { Count: > 0 } recordings)
            foreach (var recording in await db.Recordings.AsNoTracking().Where(r => recordings.Contains(r.Id)).ToListAsync(cancellation))
                found[recording.Id] = JsonSerializer.SerializeToElement(recording.ToContract(), WarrenJson.Options);
        if (Ids(events, "host") is { Count: > 0 } names)
            // Only the owner of the server hears of hosts, so settings may be told.
            foreach (var host in await hosts.ViewAsync(db, await db.Hosts.AsNoTracking().Where(h => names.Contains(h.Name)).ToListAsync(cancellation), settings: true, cancellation))
                found[host.Name] = JsonSerializer.SerializeToElement(host, WarrenJson.Options);
        return found;
    }

    private static List<string> Ids(IReadOnlyCollection<EventRow> events, string subject)
        => [.. events.Where(e => e.Type.StartsWith(subject + ".", StringComparison.Ordinal)).Select(e => e.SubjectId).Distinct()];
}
