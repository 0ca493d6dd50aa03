using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;

namespace Warren.Server.Consoles.Sharing;

/// <summary>Marks a WebSocket route that a ticket opens.</summary>
internal sealed record TakesTicket(ConsoleKind Kind);

/// <summary>
/// Tickets: a browser cannot send a token with a WebSocket, and an address with a secret in it is kept in logs and
/// histories. So what stands in the address works once, for one console of one machine, and for 30 seconds.
/// </summary>
internal sealed class ConsoleTickets(WarrenDb db, TimeProvider clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    /// <summary>A new ticket.</summary>
    /// <param name="bearer">What it is for; its id and its end are set here.</param>
    /// <param name="path">Path of the WebSocket.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<ConsoleTicket> CreateAsync(ConsoleTicketRow bearer, string path, CancellationToken cancellation)
    {
        var secret = Secrets.New();
        (bearer.Id, bearer.ExpiresAt) = (Secrets.Hash(secret), clock.GetUtcNow() + Life);
        db.ConsoleTickets.Add(bearer);
        await db.SaveChangesAsync(cancellation);
        return new ConsoleTicket(secret, $"{path}?ticket={secret}", bearer.ExpiresAt);
    }

    /// <summary>Uses a ticket up, also where it is then found not to fit. Null when it is not known, used, over, or for something else; of two at once, one wins.</summary>
    public async Task<ConsoleTicketRow?> UseAsync(string secret, ConsoleKind kind, string? machineId, CancellationToken cancellation)
    {
        var id = Secrets.Hash(secret);
        var ticket = await db.ConsoleTickets.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellation);
        if (ticket is null || await db.ConsoleTickets.Where(t => t.Id == id).ExecuteDeleteAsync(cancellation) != 1) return null;
        var now = clock.GetUtcNow();
        if (ticket.ExpiresAt <= now || ticket.Kind != kind || ticket.MachineId != machineId) return null;
        // The link may have been taken back meanwhile.
        return ticket.ShareId is not { } share || await db.Shares.AnyAsync(s => s.Id == share && s.ExpiresAt > now, cancellation) ? ticket : null;
    }
}
