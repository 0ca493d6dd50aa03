using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes under /users, for administrators.</summary>
internal static class UsersApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/users").WithTags("users").WithMetadata(Needs.Administer);
        group.MapGet("/", ListAsync).WithName("listUsers").ProducesProblem(403).WithSummary("All users, by name");
        group.MapPost("/", CreateAsync).WithName("createUser").ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).WithSummary("A new user, or a service account; neither has a password yet");
        group.MapGet("/{user}", GetAsync).WithName("getUser").ProducesProblem(403).ProducesProblem(404).WithSummary("One user, by id or name");
        group.MapPatch("/{user}", EditAsync).WithName("editUser").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Change a user's role, or keep them out: what they have open ends at once");
        group.MapPost("/{user}/login-links", LinkAsync).WithName("createUserLoginLink").WithMetadata(NoReplay.Instance).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("A one-time link by which the user gets in and sets a new password");
        group.MapDelete("/{user}/sessions", EndSessionsAsync).WithName("endUserSessions").ProducesProblem(403).ProducesProblem(404).WithSummary("Log all their browsers out");
        group.MapDelete("/{user}/second-factor", RemoveSecondFactorAsync).WithName("removeUserSecondFactor").ProducesProblem(403).ProducesProblem(404)
            .WithSummary("Ask the user for no codes any more: for one who has lost authenticator and recovery codes");
        group.MapGet("/{user}/tokens", TokensAsync).WithName("listUserTokens").ProducesProblem(403).ProducesProblem(404).WithSummary("Their tokens, without the secrets");
        group.MapPost("/{user}/tokens", CreateTokenAsync).WithName("createUserToken").WithMetadata(NoReplay.Instance, Creates.Instance).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(429)
            .WithSummary("A new token of a service account; its secret is sent once, here");
        group.MapDelete("/{user}/tokens/{token}", DeleteTokenAsync).WithName("deleteUserToken").ProducesProblem(403).ProducesProblem(404).WithSummary("End one of their tokens");
    }

    private static async Task<Ok<Page<User>>> ListAsync(WarrenDb db, int? limit, string? after, CancellationToken cancellation)
        => TypedResults.Ok(await Paging.PageAsync(db.Users.AsNoTracking(), u => u.Name, newestFirst: false, limit, after, Accounts.View, cancellation));

    private static async Task<Created<User>> CreateAsync(CreateUserRequest request, Caller caller, Accounts accounts, CancellationToken cancellation)
    {
        var (role, check) = (request.Role ?? UserRole.Member, new Check());
        check.That(role != UserRole.Owner, "role", "administrator, member or viewer");
        Accounts.DemandMayGive(caller, role);
        var user = await accounts.AddAsync(request.Name, request.Kind ?? UserKind.Person, role, request.Email, check, cancellation);
        return TypedResults.Created($"/api/v1/users/{user.Id}", Accounts.View(user));
    }

    private static async Task<Ok<User>> GetAsync(string user, Accounts accounts, CancellationToken cancellation)
        => TypedResults.Ok(Accounts.View(await accounts.FindAsync(user, cancellation)));

    private static async Task<Ok<User>> EditAsync(
        string user, EditUserRequest request, WarrenDb db, Caller caller, Accounts accounts, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        if (request.Role is { } role && role != row.Role)
        {
            if (row.Role == UserRole.Owner || role == UserRole.Owner) throw new RefusedException(Problems.Validation("role", "administrator, member or viewer; the owner stays owner"));
            Accounts.DemandMayGive(caller, role);
            if (row.Id == caller.UserId) throw new RefusedException(Problems.IllegalState("Nobody changes their own role."));
            row.Role = role;
        }

        if (request.Disabled is { } disabled && disabled != row.DisabledAt is not null)
        {
            if (row.Id == caller.UserId) throw new RefusedException(Problems.IllegalState("Nobody keeps themselves out."));
            row.DisabledAt = disabled ? clock.GetUtcNow() : null;
        }

        await db.TransactAsync(async () =>
        {
            if (row.DisabledAt is not null)
            {
                await db.Sessions.Where(s => s.UserId == row.Id).ExecuteDeleteAsync(cancellation);
                await db.LoginLinks.Where(l => l.UserId == row.Id).ExecuteDeleteAsync(cancellation);
            }

            return await db.SaveChangesAsync(cancellation);
        }, cancellation);
        return TypedResults.Ok(Accounts.View(row));
    }

    private static async Task<Created<LoginLink>> LinkAsync(string user, Caller caller, Accounts accounts, LoginLinks links, CommandLineToken commandLine, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        if (row.Kind == UserKind.Service) throw new RefusedException(Problems.IllegalState("A service account has no browser to log in; it has tokens."));
        if (row.DisabledAt is not null) throw new RefusedException(Problems.IllegalState("They are kept out; let them in again first."));
        // For oneself it is no other than POST /login-links.
        var own = row.Id == caller.UserId;
        if (own) Rights.DemandPerson(caller, commandLine);
        return TypedResults.Created((string?)null, await links.CreateAsync(row.Id, own ? commandLine.BeginsBy(caller) : SessionBegin.Link, cancellation));
    }

    private static async Task<NoContent> EndSessionsAsync(string user, WarrenDb db, Caller caller, Accounts accounts, Sessions sessions, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        await sessions.EndAsync(db.Sessions.Where(s => s.UserId == row.Id), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveSecondFactorAsync(string user, Caller caller, Accounts accounts, SecondFactors seconds, CommandLineToken commandLine, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        if (row.Id == caller.UserId) Rights.DemandPerson(caller, commandLine);
        await seconds.RemoveAsync(row.Id, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Page<ApiToken>>> TokensAsync(string user, Accounts accounts, Tokens tokens, CancellationToken cancellation)
        => TypedResults.Ok(await tokens.ListAsync((await accounts.FindAsync(user, cancellation)).Id, cancellation));

    private static async Task<Created<CreatedToken>> CreateTokenAsync(string user, CreateTokenRequest request, Caller caller, Accounts accounts, Tokens tokens, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        // With a person's token one would be that person, whatever the record says.
        if (row.Kind != UserKind.Service) throw new RefusedException(Problems.Forbidden("People make their own tokens; only those of service accounts are made for them."));
        return TypedResults.Created((string?)null, await tokens.CreateAsync(row, row.ProjectId!, request, cancellation));
    }

    private static async Task<NoContent> DeleteTokenAsync(string user, string token, Caller caller, Accounts accounts, Tokens tokens, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        await tokens.DeleteAsync(token, row.Id, cancellation);
        return TypedResults.NoContent();
    }
}
