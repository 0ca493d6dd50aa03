using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>
/// Knows a caller by the browser's cookie or by a bearer token. With a cookie, requests that change something (and
/// WebSockets) must come from our own pages: another site can make a browser send its cookie, not our Origin.
/// </summary>
internal sealed class Authentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, WarrenDb db, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "warren";
    public const string CookieName = "warren_session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.ToString() is { Length: > 0 } header) return await ByTokenAsync(header);
        if (Request.Cookies[CookieName] is not { Length: > 0 } cookie) return AuthenticateResult.NoResult();
        if (ChangesSomething() && !SameOrigin()) return AuthenticateResult.Fail("The request comes from another site.");
        return await ByCookieAsync(cookie);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => ProblemWriter.WriteAsync(Context,
        Operations.Problems.Of("unauthenticated", 401, "Who is asking?", "Log in with a one-time link (warren login-link) or send a bearer token."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ProblemWriter.WriteAsync(Context,
        Operations.Problems.Of("forbidden", 403, "Not allowed"));

    private async Task<AuthenticateResult> ByTokenAsync(string header)
    {
        const string scheme = "Bearer ";
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.Fail("Only bearer tokens are taken.");
        var hash = Secrets.Hash(header[scheme.Length..].Trim());
        var now = clock.GetUtcNow();
        var token = await db.Tokens.AsNoTracking().SingleOrDefaultAsync(t => t.Hash == hash, Context.RequestAborted);
        if (token is null || token.ExpiresAt <= now) return AuthenticateResult.Fail("The token is not known or has ended.");
        if (token.LastUsedAt is null || now - token.LastUsedAt > TimeSpan.FromMinutes(1))
        {
            try
            {
                await db.Tokens.Where(t => t.Id == token.Id).ExecuteUpdateAsync(
                    s => s.SetProperty(t => t.LastUsedAt, (DateTimeOffset?)now), Context.RequestAborted);
            }
            catch (Exception e) when (ProblemWriter.IsNoSpace(e))
            {
                // A courtesy: with a full disk one can still look.
            }
        }

        return await TicketAsync(token.UserId, token.ProjectId, token.ExpiresAt);
    }

    private async Task<AuthenticateResult> ByCookieAsync(string cookie)
    {
        var id = Secrets.Hash(cookie);
        var session = await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, Context.RequestAborted);
        return session is null || session.ExpiresAt <= clock.GetUtcNow()
            ? AuthenticateResult.Fail("The session is over.")
            : await TicketAsync(session.UserId, session.ProjectId, session.ExpiresAt);
    }

    private async Task<AuthenticateResult> TicketAsync(string userId, string projectId, DateTimeOffset? until)
    {
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == userId, Context.RequestAborted);
        var identity = new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, user.Id),
            new Claim(ClaimTypes.Name, user.Name),
            new Claim(Caller.RoleClaim, user.Role),
            new Claim(Caller.ProjectClaim, projectId),
        ], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = until }, SchemeName));
    }

    private bool ChangesSomething() => Context.WebSockets.IsWebSocketRequest
        || !(HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method) || HttpMethods.IsOptions(Request.Method));

    /// <summary>Browsers send Origin with every such request; a missing one is a program that should have sent a token.</summary>
    private bool SameOrigin() => Request.Headers.Origin.ToString() is { Length: > 0 } origin
        && Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && string.Equals(uri.Authority, Request.Host.Value, StringComparison.OrdinalIgnoreCase)
        && uri.Scheme == Request.Scheme;
}
