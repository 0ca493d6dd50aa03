using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Audit;
using Warren.Server.Consoles.Connections;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Consoles.Sharing;

/// <summary>Routes of tickets and share links: ways to a console beside one's own login.</summary>
internal static class SharingApi
{
    private const int ShortestShare = 60;
    private const int LongestShare = 30 * 86_400;
    private const int LongestName = 63;
    private const int LongestGuest = 40;

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}").WithTags("consoles");
        group.MapPost("/tickets", TicketAsync).WithName("createTicket").ProducesProblem(400).ProducesProblem(404).WithMetadata(NoReplay.Instance, Needs.Look)
            .WithSummary("A secret that opens one console of the machine once, within 30 seconds: ?ticket= at the WebSocket");
        group.MapGet("/shares", ListAsync).WithName("listShares").ProducesProblem(404).WithSummary("Links to the machine's screen that work now, without their secrets");
        group.MapPost("/shares", ShareAsync).WithName("createShare").ProducesProblem(400).ProducesProblem(404).WithMetadata(NoReplay.Instance)
            .WithSummary("A link to the machine's screen for somebody without an account; it is told once, here");
        group.MapDelete("/shares/{share}", EndAsync).WithName("deleteShare").ProducesProblem(404).WithSummary("End a link; whoever looks by it has to go at once");
        api.MapPost("/shares/open", OpenAsync).AllowAnonymous().WithMetadata(Rate.Share).WithTags("consoles").WithName("openShare").WithMetadata(NoReplay.Instance)
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(429).WithSummary("What a share link leads to, and a ticket for its screen");
    }

    private static async Task<Created<ConsoleTicket>> TicketAsync(
        string machine, CreateTicketRequest? request, WarrenDb db, Caller caller, ConsoleTickets tickets, CancellationToken cancellation)
    {
        request ??= new CreateTicketRequest();
        // A port has a number, which a ticket does not carry.
        if (request.Kind == ConsoleKind.Port) throw new RefusedException(Problems.Validation("kind", "screen or serial"));
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var ticket = await tickets.CreateAsync(
            new ConsoleTicketRow
            {
                Id = "",
                MachineId = row.Id,
                Kind = request.Kind,
                // What the one who asks may not do, their ticket may not either.
                Role = caller.AtConsole == ViewerRole.View ? ViewerRole.View : request.Role,
                UserId = caller.UserId,
                ProjectId = caller.ProjectId,
                Name = caller.UserName,
                Credential = caller.Credential,
            },
            Path(row.Id, request.Kind), cancellation);
        return TypedResults.Created((string?)null, ticket);
    }

    private static async Task<Ok<Page<Share>>> ListAsync(string machine, WarrenDb db, Caller caller, TimeProvider clock, int? limit, string? after, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(await Paging.PageAsync(
            db.Shares.AsNoTracking().Where(s => s.MachineId == row.Id && s.ExpiresAt > now), s => s.Id, newestFirst: true, limit, after, s => s.ToContract(), cancellation));
    }

    private static async Task<Created<CreatedShare>> ShareAsync(
        string machine, CreateShareRequest? request, WarrenDb db, Caller caller, ServerAddress address, TimeProvider clock, CancellationToken cancellation)
    {
        request ??= new CreateShareRequest();
        var name = request.Name?.Trim();
        var check = new Check();
        check.That(request.ExpiresInSeconds is >= ShortestShare and <= LongestShare, "expiresInSeconds", $"{ShortestShare} to {LongestShare} (30 days)");
        check.That(name is null || IsText(name, LongestName), "name", $"1 to {LongestName} characters without control characters");
        check.Throw();
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var (secret, now) = (Secrets.New(), clock.GetUtcNow());
        var share = new ShareRow
        {
            Id = Ids.New(clock),
            Hash = Secrets.Hash(secret),
            MachineId = row.Id,
            Name = name,
            OwnerId = row.OwnerId,
            ProjectId = row.ProjectId,
            UserId = caller.UserId,
            UserProjectId = caller.ProjectId,
            Role = request.Role,
            CreatedAt = now,
            ExpiresAt = now.AddSeconds(request.ExpiresInSeconds),
        };
        db.Shares.Add(share);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.Created((string?)null, new CreatedShare(share.ToContract(), $"{address.Url}/shared#{secret}"));
    }

    private static async Task<NoContent> EndAsync(string machine, string share, WarrenDb db, Caller caller, ConnectionLog connections, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var found = await db.Shares.SingleOrDefaultAsync(s => s.Id == share && s.MachineId == row.Id, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"'{row.Name}' has no share link '{share}'."));
        db.Shares.Remove(found);
        await db.SaveChangesAsync(cancellation);
        connections.SendAway(share);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<OpenedShare>> OpenAsync(OpenShareRequest request, WarrenDb db, ConsoleTickets tickets, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var guest = request.Name?.Trim();
        if (guest is not null && !IsText(guest, LongestGuest)) throw new RefusedException(Problems.Validation("name", $"1 to {LongestGuest} characters without control characters"));
        var (hash, now) = (Secrets.Hash(request.Secret), clock.GetUtcNow());
        var share = await db.Shares.AsNoTracking().SingleOrDefaultAsync(s => s.Hash == hash && s.ExpiresAt > now, cancellation);
        var machine = share is null ? null : await db.Machines.Where(m => m.Id == share.MachineId).Select(m => m.Name).SingleOrDefaultAsync(cancellation);
        if (share is null || machine is null) throw new RefusedException(Problems.Of("unauthenticated", 401, "The link does not work", "It is over, or was taken back. Ask whoever sent it for a new one."));
        if (AuditDraft.Of(http) is { } draft)
        {
            draft.Proved("", guest ?? share.Name ?? "guest", "share:" + share.Id);
            draft.Saw(new AuditSubject("share", share.Id, share.Name, share.ProjectId));
            draft.Tell("machine", share.MachineId);
        }

        var ticket = await tickets.CreateAsync(
            new ConsoleTicketRow
            {
                Id = "",
                MachineId = share.MachineId,
                Kind = ConsoleKind.Screen,
                Role = share.Role,
                UserId = share.UserId,
                ProjectId = share.UserProjectId,
                Name = guest ?? share.Name ?? "guest",
                ShareId = share.Id,
            }, Path(share.MachineId, ConsoleKind.Screen), cancellation);
        return TypedResults.Ok(new OpenedShare(machine, share.Role, share.ExpiresAt, ticket));
    }

    private static string Path(string machineId, ConsoleKind kind) => $"/api/v1/machines/{machineId}/{(kind == ConsoleKind.Screen ? "screen" : "serial")}";

    private static bool IsText(string text, int longest) => text.Length >= 1 && text.Length <= longest && !text.Any(char.IsControl);
}
