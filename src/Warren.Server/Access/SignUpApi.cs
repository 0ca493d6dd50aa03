using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access.OpenId;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes /sign-up and /invitations.</summary>
internal static class SignUpApi
{
    private const int LongestNote = 100;

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("").WithTags("users");
        group.MapGet("/sign-up", (AccessOptions options, IServiceProvider services) => TypedResults.Ok(new SignUpInfo(options.SignUp) { Provider = services.GetService<OpenIdSettings>()?.Name })).AllowAnonymous().WithName("getSignUp")
            .WithSummary("Who may make an account of their own");
        group.MapPost("/sign-up", SignUpAsync).AllowAnonymous().WithName("signUp").WithMetadata(Repeatable.Instance).WithMetadata(Rate.LogIn)
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).ProducesProblem(429).WithSummary("Make an account, and log this browser in");
        group.MapGet("/invitations", ListAsync).WithName("listInvitations").WithMetadata(Needs.Administer).ProducesProblem(403).WithSummary("Invitations that were not used yet");
        group.MapPost("/invitations", InviteAsync).WithName("createInvitation").WithMetadata(Needs.Administer, NoReplay.Instance).ProducesProblem(400).ProducesProblem(403)
            .WithSummary("A link that lets somebody sign up, once; it is told once, here");
        group.MapDelete("/invitations/{invitation}", EndAsync).WithName("deleteInvitation").WithMetadata(Needs.Administer).ProducesProblem(403).ProducesProblem(404).WithSummary("Take an invitation back");
    }

    private static async Task<Created<Session>> SignUpAsync(
        SignUpRequest request, WarrenDb db, Accounts accounts, Passwords passwords, AccessOptions options, Sessions sessions, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        if (options.SignUp == SignUpMode.Off) throw new RefusedException(Problems.Of("sign-up-off", 403, "Nobody can sign up here", "Ask an administrator of this server for an account."));
        if (options.SignUp == SignUpMode.Invitation && request.Invitation is null)
            throw new RefusedException(Problems.Of("invitation-required", 403, "Only who is invited can sign up here", "Ask an administrator of this server for an invitation."));
        var check = new Check();
        Passwords.Check(check, "password", request.Password, request.Name);
        // Before the transaction, which nobody should wait for.
        var hash = passwords.Hash(request.Password.Length > Passwords.Longest ? "" : request.Password);
        var user = await db.TransactAsync(async () =>
        {
            var invitation = request.Invitation is { } secret ? await UseAsync(db, secret, clock, cancellation) : null;
            var made = await accounts.AddAsync(request.Name, UserKind.Person, invitation?.Role ?? UserRole.Member, request.Email, check, cancellation);
            made.PasswordHash = hash;
            if (invitation?.ProjectId is { } project && await db.Projects.AnyAsync(p => p.Id == project, cancellation))
                db.ProjectMembers.Add(new ProjectMemberRow { ProjectId = project, UserId = made.Id, Role = invitation.ProjectRole, CreatedAt = clock.GetUtcNow() });
            await db.SaveChangesAsync(cancellation);
            return made;
        }, cancellation);
        return TypedResults.Created((string?)null, await sessions.BeginAsync(user, SessionBegin.SignUp, http, cancellation));
    }

    /// <summary>Uses it up, in the transaction of the account: what is refused leaves it as it was.</summary>
    private static async Task<InvitationRow> UseAsync(WarrenDb db, string secret, TimeProvider clock, CancellationToken cancellation)
    {
        var (hash, now) = (Secrets.Hash(secret), clock.GetUtcNow());
        var found = await db.Invitations.AsNoTracking().SingleOrDefaultAsync(i => i.Hash == hash && i.ExpiresAt > now, cancellation);
        if (found is null || await db.Invitations.Where(i => i.Id == found.Id).ExecuteDeleteAsync(cancellation) == 0)
            throw new RefusedException(Problems.Of("invitation-over", 403, "The invitation does not work", "It was used already, is over, or was taken back. Ask for a new one."));
        return found;
    }

    private static async Task<Ok<Page<Invitation>>> ListAsync(WarrenDb db, TimeProvider clock, int? limit, string? after, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (rows, next) = await Paging.RowsAsync(db.Invitations.AsNoTracking().Where(i => i.ExpiresAt > now), i => i.Id, newestFirst: true, limit, after, cancellation);
        var ids = rows.Select(r => r.ProjectId).ToList();
        var names = await db.Projects.Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, StringComparer.Ordinal, cancellation);
        return TypedResults.Ok(new Page<Invitation>([.. rows.Select(r => View(r, r.ProjectId is { } id ? names.GetValueOrDefault(id) : null))], next));
    }

    private static async Task<Created<CreatedInvitation>> InviteAsync(
        CreateInvitationRequest request, WarrenDb db, Caller caller, AccessOptions options, ServerAddress address, TimeProvider clock, CancellationToken cancellation)
    {
        if (options.SignUp == SignUpMode.Off) throw new RefusedException(Problems.IllegalState("Nobody can sign up here (Access:SignUp is off); add a user and give them a one-time link instead."));
        var check = new Check();
        check.That(request.Days is null or (>= 1 and <= 30), "days", "1 to 30");
        check.That(request.Note is null || request.Note.Length <= LongestNote, "note", $"at most {LongestNote} characters");
        check.That(request.Role != UserRole.Owner, "role", "administrator, member or viewer");
        check.Throw();
        var role = request.Role ?? UserRole.Member;
        Accounts.DemandMayGive(caller, role);
        var project = request.Project is { } named ? await ProjectsApi.FindAsync(named, db, caller, cancellation) : null;
        var (secret, now) = (Secrets.New(), clock.GetUtcNow());
        var row = new InvitationRow
        {
            Id = Ids.New(clock),
            Hash = Secrets.Hash(secret),
            Role = role,
            ProjectId = project?.Id,
            ProjectRole = request.ProjectRole ?? ProjectRole.Member,
            Note = string.IsNullOrWhiteSpace(request.Note) ? null : request.Note.Trim(),
            UserId = caller.UserId,
            CreatedAt = now,
            ExpiresAt = now.AddDays(request.Days ?? 7),
        };
        await db.Invitations.Where(i => i.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
        db.Invitations.Add(row);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.Created((string?)null, new CreatedInvitation(View(row, project?.Name), $"{address.Url}/sign-up#{secret}"));
    }

    private static async Task<NoContent> EndAsync(string invitation, WarrenDb db, CancellationToken cancellation)
        => await db.Invitations.Where(i => i.Id == invitation).ExecuteDeleteAsync(cancellation) == 0
            ? throw new RefusedException(Problems.NotFound($"There is no invitation '{invitation}'."))
            : TypedResults.NoContent();

    private static Invitation View(InvitationRow row, string? project)
        => new(row.Id, row.Role, project, project is null ? null : row.ProjectRole, row.Note, row.CreatedAt, row.ExpiresAt);
}
