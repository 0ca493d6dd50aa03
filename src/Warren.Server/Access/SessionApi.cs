using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>Routes /session and /login-links.</summary>
internal static class SessionApi
{
    /// <summary>How long a browser stays logged in.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("").WithTags("access");
        group.MapPost("/session", LogInAsync).AllowAnonymous().WithName("logIn").ProducesProblem(401).RequireRateLimiting("login")
            .WithSummary("Log a browser in with the secret of a one-time link");
        group.MapGet("/session", WhoAsync).WithName("getSession").WithSummary("Who is asking");
        group.MapDelete("/session", LogOutAsync).WithName("logOut").WithSummary("Log this browser out");
        group.MapPost("/login-links", LinkAsync).WithName("createLoginLink").WithMetadata(Web.NoReplay.Instance)
            .WithSummary("A new one-time login link");
    }

    private static async Task<Ok<Session>> LogInAsync(
        LoginRequest request, HttpContext http, WarrenDb db, LoginLinks links, TimeProvider clock, CancellationToken cancellation)
    {
        var userId = await links.UseAsync(request.Secret, cancellation)
            ?? throw new RefusedException(Problems.Of("unauthenticated", 401, "The link does not work",
                "It was used already or is over. Get a new one with 'warren login-link'."));
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == userId, cancellation);
        var project = await db.Projects.AsNoTracking().SingleAsync(p => p.Name == FirstStart.Project, cancellation);
        var cookie = Secrets.New();
        var now = clock.GetUtcNow();
        await db.Sessions.Where(s => s.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
        db.Sessions.Add(new SessionRow
        {
            Id = Secrets.Hash(cookie),
            UserId = user.Id,
            ProjectId = project.Id,
            CreatedAt = now,
            ExpiresAt = now + Life,
        });
        await db.SaveChangesAsync(cancellation);
        http.Response.Cookies.Append(Authentication.CookieName, cookie, Cookie(http, now + Life));
        return TypedResults.Ok(new Session(user.Name, user.Role, project.Name, now + Life));
    }

    private static async Task<Ok<Session>> WhoAsync(HttpContext http, Caller caller, WarrenDb db, CancellationToken cancellation)
    {
        var (projectId, ticket) = (caller.ProjectId, await http.AuthenticateAsync());
        var project = await db.Projects.AsNoTracking().SingleAsync(p => p.Id == projectId, cancellation);
        return TypedResults.Ok(new Session(caller.UserName, caller.Role, project.Name, ticket.Properties?.ExpiresUtc));
    }

    private static async Task<NoContent> LogOutAsync(HttpContext http, WarrenDb db, CancellationToken cancellation)
    {
        if (http.Request.Cookies[Authentication.CookieName] is { Length: > 0 } cookie)
        {
            var id = Secrets.Hash(cookie);
            await db.Sessions.Where(s => s.Id == id).ExecuteDeleteAsync(cancellation);
        }

        http.Response.Cookies.Delete(Authentication.CookieName, Cookie(http, null));
        return TypedResults.NoContent();
    }

    private static async Task<Created<LoginLink>> LinkAsync(Caller caller, LoginLinks links, CancellationToken cancellation)
        => TypedResults.Created((string?)null, await links.CreateAsync(caller.UserId, cancellation));

    private static CookieOptions Cookie(HttpContext http, DateTimeOffset? until) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = "/",
        Expires = until,
        IsEssential = true,
    };
}
