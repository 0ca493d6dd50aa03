using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;

namespace Warren.Server.Consoles.Connections;

/// <summary>
/// Writes down who is at which console: a row when a connection opens, and what it carried and when it ended. While it is
/// open its row is renewed; a server that dies is missed by the others and by its successor, and its connections end when
/// they were last seen. What cannot be written is not: a console opens on a full disk, too.
/// </summary>
internal sealed class ConnectionLog(IDbContextFactory<WarrenDb> databases, TimeProvider clock, ILogger<ConnectionLog> log) : BackgroundService
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Missed = TimeSpan.FromSeconds(60);
    private const int MostAtOnce = 200;

    private readonly ConcurrentDictionary<string, OpenConnection> _open = new(StringComparer.Ordinal);

    /// <summary>A connection is opened.</summary>
    /// <param name="machine">To which machine.</param>
    /// <param name="kind">To what of it.</param>
    /// <param name="role">What may be done.</param>
    /// <param name="caller">By whom.</param>
    /// <param name="http">From where.</param>
    public async Task<OpenConnection> OpenAsync(MachineRow machine, ConsoleKind kind, ViewerRole role, Caller caller, HttpContext http)
    {
        var now = clock.GetUtcNow();
        var row = new ConnectionRow
        {
            Id = Ids.New(clock),
            MachineId = machine.Id,
            MachineName = machine.Name,
            OwnerId = machine.OwnerId,
            ProjectId = machine.ProjectId,
            UserId = caller.UserId,
            UserName = caller.UserName,
            ShareId = caller.Share,
            Address = http.Address(),
            Kind = kind,
            Role = role,
            StartedAt = now,
            SeenAt = now,
        };
        var open = new OpenConnection(row, EndAsync);
        await TryAsync(async db =>
        {
            db.Connections.Add(row);
            await db.SaveChangesAsync(CancellationToken.None);
        });
        if (machine.UnwatchedAfterSeconds is not null)
        {
            await TryAsync(db => ChangeAsync(db, machine.Id, db.Machines.Where(m => m.UnwatchedDueAt != null), waits => waits.UnwatchedDueAt = null, CancellationToken.None));
        }

        _open[row.Id] = open;
        return open;
    }

    /// <summary>Ends the connections of this server that a share link let in.</summary>
    public void SendAway(string share)
    {
        foreach (var open in _open.Values.Where(o => o.Row.ShareId == share)) open.SendAway();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Renewal, clock);
        try
        {
            do
            {
                await TryAsync(db => RenewAsync(db, stoppingToken));
                await TryAsync(db => EndMissedAsync(db, stoppingToken));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; each connection writes its own end.
        }
    }

    private async Task RenewAsync(WarrenDb db, CancellationToken cancellation)
    {
        if (_open.IsEmpty) return;
        var now = clock.GetUtcNow();
        var shares = _open.Values.Select(o => o.Row.ShareId).OfType<string>().Distinct().ToList();
        var working = shares.Count == 0 ? [] : await db.Shares.Where(s => shares.Contains(s.Id) && s.ExpiresAt > now).Select(s => s.Id).ToListAsync(cancellation);
        foreach (var gone in shares.Except(working)) SendAway(gone);
        await db.TransactAsync(async () =>
        {
            foreach (var (id, open) in _open)
            {
                var (sent, received, role) = open.Now;
                await db.Connections.Where(c => c.Id == id && c.EndedAt == null).ExecuteUpdateAsync(
                    set => set.SetProperty(c => c.SeenAt, now).SetProperty(c => c.SentBytes, sent).SetProperty(c => c.ReceivedBytes, received).SetProperty(c => c.Role, role), cancellation);
            }

            return true;
        }, cancellation);
    }

    private async Task EndMissedAsync(WarrenDb db, CancellationToken cancellation)
    {
        var missed = clock.GetUtcNow() - Missed;
        var rows = await db.Connections.Where(c => c.EndedAt == null && c.SeenAt < missed).OrderBy(c => c.SeenAt).Take(MostAtOnce).ToListAsync(cancellation);
        foreach (var row in rows) row.EndedAt = row.SeenAt;
        await db.SaveChangesAsync(cancellation);
        foreach (var machine in rows.Select(r => r.MachineId).Distinct()) await LeftAsync(db, machine, cancellation);
    }

    /// <summary>Somebody has left a machine: where nobody else is there, its policy for that begins.</summary>
    private Task LeftAsync(WarrenDb db, string machineId, CancellationToken cancellation) => ChangeAsync(
        db, machineId, db.Machines.Where(m => m.UnwatchedAfterSeconds != null && !db.Connections.Any(c => c.MachineId == machineId && c.EndedAt == null)),
        left => left.Left(clock.GetUtcNow()), cancellation);

    /// <summary>Changes a machine if it is still so. Its row is taken before it is read: nobody asks for this once more, so it must not lose against others.</summary>
    private static async Task ChangeAsync(WarrenDb db, string machineId, IQueryable<MachineRow> still, Action<MachineRow> change, CancellationToken cancellation)
    {
        // Mostly there is nothing to do, and nobody need wait for that.
        if (!await db.Machines.AnyAsync(m => m.Id == machineId && m.UnwatchedAfterSeconds != null, cancellation)) return;
        await db.TransactAsync(async () =>
        {
            await db.LockEventsAsync(cancellation);
            await db.Machines.Where(m => m.Id == machineId).ExecuteUpdateAsync(set => set.SetProperty(m => m.Version, m => m.Version), cancellation);
            if (await still.SingleOrDefaultAsync(m => m.Id == machineId, cancellation) is { } machine) change(machine);
            return await db.SaveChangesAsync(cancellation);
        }, cancellation);
    }

    private async Task EndAsync(OpenConnection open)
    {
        _open.TryRemove(open.Row.Id, out _);
        var (sent, received, role) = open.Now;
        var now = clock.GetUtcNow();
        await TryAsync(async db =>
        {
            var row = await db.Connections.SingleOrDefaultAsync(c => c.Id == open.Row.Id && c.EndedAt == null);
            if (row is null) return;
            (row.EndedAt, row.SeenAt, row.SentBytes, row.ReceivedBytes, row.Role) = (now, now, sent, received, role);
            await db.SaveChangesAsync(CancellationToken.None);
            await LeftAsync(db, row.MachineId, CancellationToken.None);
        });
    }

    private async Task TryAsync(Func<WarrenDb, Task> work)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync();
            await work(db);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning(e, "Connections could not be written down");
        }
    }
}
