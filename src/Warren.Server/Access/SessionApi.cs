using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes /session, /sessions and /login-links.</summary>
internal static class SessionApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("").WithTags("access");
        // Repeatable: kept with the answer in one transaction, a try that was refused would not have been counted.
        group.MapPost("/session", LogInAsync).AllowAnonymous().WithName("logIn").WithMetadata(Repeatable.Instance).ProducesProblem(400).ProducesProblem(401).ProducesProblem(429).WithMetadata(Rate.LogIn)
            .WithSummary("Log a browser in with name and password, or with the secret of a one-time link");
        group.MapPost("/session/second-factor", SecondFactorAsync).AllowAnonymous().WithName("logInSecondFactor").WithMetadata(Repeatable.Instance).ProducesProblem(401).ProducesProblem(429).WithMetadata(Rate.LogIn)
            .WithSummary("The other half of logging in, for those who have a second factor");
        group.MapGet("/session", WhoAsync).WithName("getSession").WithSummary("Who is asking");
        group.MapPatch("/session", SwitchAsync).WithName("switchProject").WithMetadata(Needs.Account).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Let this browser act in another project");
        group.MapDelete("/session", LogOutAsync).WithName("logOut").WithMetadata(Needs.Account).WithSummary("Log this browser out");
        group.MapGet("/sessions", ListAsync).WithName("listSessions").WithSummary("Your browsers that are logged in");
        group.MapDelete("/sessions", EndOthersAsync).WithName("endOtherSessions").WithMetadata(Needs.Account).WithSummary("Log all your browsers out but this one");
        group.MapDelete("/sessions/{session}", EndAsync).WithName("endSession").WithMetadata(Needs.Account).ProducesProblem(404).WithSummary("Log one of your browsers out; its consoles close at once");
        group.MapPost("/login-links", LinkAsync).WithName("createLoginLink").WithMetadata(NoReplay.Instance, Needs.Person)
            .WithSummary("A new one-time login link for yourself; of the tokens only the command line's own makes one");
    }

    private static async Task<Ok<Session>> LogInAsync(LoginRequest request, LogIn logIn, HttpContext http, CancellationToken cancellation)
    {
        if (request.Secret is { } secret) return TypedResults.Ok(await logIn.ByLinkAsync(secret, http, cancellation));
        if (request.Name is not { } name || request.Password is not { } password)
            throw new RefusedException(Problems.Validation(request.Name is null ? "name" : "password", "give secret, or name and password"));
        return TypedResults.Ok(await logIn.ByPasswordAsync(name, password, http, cancellation));
    }

    private static async Task<Ok<Session>> SecondFactorAsync(SecondFactorRequest request, LogIn logIn, HttpContext http, CancellationToken cancellation)
        => TypedResults.Ok(await logIn.BySecondFactorAsync(request.Challenge, request.Code, http, cancellation));

    private static async Task<Ok<Session>> WhoAsync(HttpContext http, Caller caller, WarrenDb db, CancellationToken cancellation)
        => TypedResults.Ok(View(caller, await ProjectNameAsync(db, caller.ProjectId, cancellation), (await http.AuthenticateAsync()).Properties?.ExpiresUtc));

    private static async Task<Ok<Session>> SwitchAsync(SwitchProjectRequest request, HttpContext http, Caller caller, WarrenDb db, CancellationToken cancellation)
    {
        if (Credentials.Of(caller.Credential, "session") is not { } handle)
            throw new RefusedException(Problems.IllegalState("A token acts in the project that it was made for; make another."));
        var project = await ProjectsApi.FindAsync(request.Project, db, caller, cancellation);
        await db.TransactAsync(() => db.Sessions.Where(s => s.Handle == handle).ExecuteUpdateAsync(s => s.SetProperty(r => r.ProjectId, project.Id), cancellation), cancellation);
        var user = caller.UserId;
        var role = await db.ProjectMembers.Where(m => m.ProjectId == project.Id && m.UserId == user).Select(m => (ProjectRole?)m.Role).SingleOrDefaultAsync(cancellation);
        return TypedResults.Ok(new Session(caller.UserName, caller.Role, project.Name, (await http.AuthenticateAsync()).Properties?.ExpiresUtc)
        {
            ProjectRole = role,
            MayChange = Standing.MayChange(caller.Role, role),
        });
    }

    private static async Task<NoContent> LogOutAsync(HttpContext http, WarrenDb db, Sessions sessions, CancellationToken cancellation)
    {
        if (http.Request.Cookies[Authentication.CookieName] is { Length: > 0 } cookie)
        {
            var id = Secrets.Hash(cookie);
            await sessions.EndAsync(db.Sessions.Where(s => s.Id == id), cancellation);
        }

        http.Response.Cookies.Delete(Authentication.CookieName, Authentication.Cookie(http, null));
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Page<BrowserSession>>> ListAsync(WarrenDb db, Caller caller, TimeProvider clock, int? limit, string? after, CancellationToken cancellation)
    {
        var (user, mine, now) = (caller.UserId, Credentials.Of(caller.Credential, "session"), clock.GetUtcNow());
        return TypedResults.Ok(await Paging.PageAsync(db.Sessions.AsNoTracking().Where(s => s.UserId == user && s.ExpiresAt > now), s => s.Handle, newestFirst: true, limit, after,
            s => new BrowserSession(s.Handle, s.Handle == mine, s.BegunBy, s.Address, s.UserAgent, s.CreatedAt, s.LastUsedAt, s.ExpiresAt), cancellation));
    }

    private static async Task<NoContent> EndOthersAsync(WarrenDb db, Caller caller, Sessions sessions, CancellationToken cancellation)
    {
        var (user, mine) = (caller.UserId, Credentials.Of(caller.Credential, "session"));
        await sessions.EndAsync(db.Sessions.Where(s => s.UserId == user && s.Handle != mine), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> EndAsync(string session, WarrenDb db, Caller caller, Sessions sessions, CancellationToken cancellation)
    {
        var user = caller.UserId;
        if (await sessions.EndAsync(db.Sessions.Where(s => s.UserId == user && s.Handle == session), cancellation) == 0)
            throw new RefusedException(Problems.NotFound($"There is no session '{session}'."));
        return TypedResults.NoContent();
    }

    private static async Task<Created<LoginLink>> LinkAsync(Caller caller, WarrenDb db, LoginLinks links, CommandLineToken commandLine, CancellationToken cancellation)
    {
        var id = caller.UserId;
        if (await db.Users.AnyAsync(u => u.Id == id && u.Kind == UserKind.Service, cancellation)) throw new RefusedException(Problems.IllegalState("A service account has no browser to log in."));
        return TypedResults.Created((string?)null, await links.CreateAsync(id, commandLine.BeginsBy(caller), cancellation));
    }

    private static Session View(Caller caller, string project, DateTimeOffset? until)
        => new(caller.UserName, caller.Role, project, until) { ProjectRole = caller.ProjectRole, MayChange = caller.MayChange };

    private static Task<string> ProjectNameAsync(WarrenDb db, string id, CancellationToken cancellation)
        => db.Projects.Where(p => p.Id == id).Select(p => p.Name).SingleAsync(cancellation);
}
