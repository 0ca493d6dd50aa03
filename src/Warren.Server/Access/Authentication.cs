using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Warren.Contracts;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>
/// Knows a caller by the browser's cookie or by a bearer token. With a cookie, requests that change something (and
/// WebSockets) must come from our own pages: another site can make a browser send its cookie, not our Origin. A console's
/// WebSocket can be opened by a ticket instead, which is good for that one thing.
/// </summary>
internal sealed class Authentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, WarrenDb db, SessionLives lives, TimeProvider clock)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "warren";
    public const string CookieName = "warren_session";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<TakesTicket>() is { } door && Request.Query["ticket"] is [{ Length: > 0 } ticket]) return await ByTicketAsync(ticket, door.Kind);
        if (Request.Headers.Authorization.ToString() is { Length: > 0 } header) return await ByTokenAsync(header);
        if (Request.Cookies[CookieName] is not { Length: > 0 } cookie) return AuthenticateResult.NoResult();
        if (ChangesSomething() && !SameOrigin()) return AuthenticateResult.Fail("The request comes from another site.");
        return await ByCookieAsync(cookie);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => ProblemWriter.WriteAsync(Context,
        Operations.Problems.Of("unauthenticated", 401, "Who is asking?", "Log in, or send a bearer token."));

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

        return await TicketAsync(token.UserId, token.ProjectId, token.ExpiresAt,
        [
            new Claim(Caller.CredentialClaim, Credentials.Token(token.Id)),
            new Claim(Caller.ScopeClaim, token.Scope.ToString()),
            .. token.PoolId is { } pool ? [new Claim(Caller.PoolClaim, pool)] : Array.Empty<Claim>(),
            .. token.Template is { } template ? [new Claim(Caller.TemplateClaim, template)] : Array.Empty<Claim>(),
            .. token.Shared ? [new Claim(Caller.SharedClaim, "")] : Array.Empty<Claim>(),
        ]);
    }

    private async Task<AuthenticateResult> ByCookieAsync(string cookie)
    {
        var id = Secrets.Hash(cookie);
        var session = await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, Context.RequestAborted);
        if (session is null || session.ExpiresAt <= clock.GetUtcNow()) return AuthenticateResult.Fail("The session is over.");
        try
        {
            await lives.UsedAsync(db, session, Context.Address(), Context.RequestAborted);
        }
        catch (Exception e) when (ProblemWriter.IsNoSpace(e))
        {
            // A courtesy, too.
        }

        return await TicketAsync(session.UserId, session.ProjectId, lives.EndOf(session.CreatedAt, clock.GetUtcNow()),
            [new Claim(Caller.CredentialClaim, Credentials.Session(session.Handle)), new Claim(Caller.SharedClaim, "")]);
    }

    private async Task<AuthenticateResult> ByTicketAsync(string secret, ConsoleKind kind)
    {
        // A program sends no Origin; a browser always does, and then it must be one of our pages.
        if (!Context.WebSockets.IsWebSocketRequest || (Request.Headers.Origin.Count > 0 && !SameOrigin())) return AuthenticateResult.Fail("The request comes from another site.");
        return await new ConsoleTickets(db, clock).UseAsync(secret, kind, Context.GetRouteValue("machine") as string, Context.RequestAborted) is { } ticket
            ? await TicketAsync(ticket.UserId, ticket.ProjectId, until: null,
            [
                new Claim(ClaimTypes.Name, ticket.Name),
                new Claim(Caller.ConsoleClaim, ticket.Role.ToString()),
                // A link shows what its maker sees in their project, and nothing that is shared with them.
                new Claim(ticket.ShareId is null ? Caller.SharedClaim : Caller.ShareClaim, ticket.ShareId ?? ""),
                .. ticket.Credential is { } credential ? [new Claim(Caller.CredentialClaim, credential)] : Array.Empty<Claim>(),
            ])
            : AuthenticateResult.Fail("The ticket is used, over, or for something else.");
    }

    private async Task<AuthenticateResult> TicketAsync(string userId, string projectId, DateTimeOffset? until, IEnumerable<Claim> first)
    {
        // Looked at anew with each request: what was taken away is gone at once.
        var standing = await Standing.OfAsync(db, userId, projectId, Context.RequestAborted);
        if (standing is not { Stands: true, User: var user }) return AuthenticateResult.Fail("The user is kept out, or is no member of the project any more.");
        var identity = new ClaimsIdentity(
        [
            .. first,
            new Claim(ClaimTypes.NameIdentifier, user.Id),
            new Claim(ClaimTypes.Name, user.Name),
            new Claim(Caller.RoleClaim, user.Role.ToString()),
            new Claim(Caller.KindClaim, user.Kind.ToString()),
            new Claim(Caller.ProjectClaim, projectId),
            .. standing.ProjectRole is { } role ? [new Claim(Caller.ProjectRoleClaim, role.ToString())] : Array.Empty<Claim>(),
        ], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = until }, SchemeName));
    }

    /// <summary>How our cookie is kept.</summary>
    public static CookieOptions Cookie(HttpContext http, DateTimeOffset? until) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = "/",
        Expires = until,
        IsEssential = true,
    };

    private bool ChangesSomething() => Context.WebSockets.IsWebSocketRequest
        || !(HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method) || HttpMethods.IsOptions(Request.Method));

    /// <summary>Browsers send Origin with every such request; a missing one is a program that should have sent a token.</summary>
    private bool SameOrigin() => Request.Headers.Origin.ToString() is { Length: > 0 } origin
        && Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && string.Equals(uri.Authority, Request.Host.Value, StringComparison.OrdinalIgnoreCase)
        && uri.Scheme == Request.Scheme;
}
