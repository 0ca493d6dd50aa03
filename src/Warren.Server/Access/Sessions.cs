using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>How long sessions last: so long after their last use, and a week at most.</summary>
internal sealed class SessionLives(AccessOptions options, TimeProvider clock)
{
    /// <summary>However much it is used, a browser logs in again after this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>Uses closer together are not written down.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    public DateTimeOffset EndOf(DateTimeOffset begun, DateTimeOffset used) => used + options.SessionLife < begun + Longest ? used + options.SessionLife : begun + Longest;

    /// <summary>Writes down that a session is used, and puts its end off.</summary>
    public async Task UsedAsync(WarrenDb db, SessionRow session, string? address, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now - session.LastUsedAt < Step) return;
        var (end, from) = (EndOf(session.CreatedAt, now), address ?? session.Address);
        await db.Sessions.Where(s => s.Id == session.Id && s.ExpiresAt > now).ExecuteUpdateAsync(
            set => set.SetProperty(s => s.LastUsedAt, now).SetProperty(s => s.ExpiresAt, end).SetProperty(s => s.Address, from), cancellation);
    }
}

/// <summary>Begins sessions and ends them.</summary>
internal sealed class Sessions(WarrenDb db, SessionLives lives, TimeProvider clock)
{
    private const int LongestUserAgent = 300;

    /// <summary>Logs the browser in whose request this is.</summary>
    public async Task<Session> BeginAsync(UserRow user, SessionBegin by, HttpContext http, CancellationToken cancellation)
    {
        var (secret, now) = (Secrets.New(), clock.GetUtcNow());
        var member = await db.ProjectMembers.AsNoTracking().Where(m => m.UserId == user.Id).OrderBy(m => m.ProjectId == user.ProjectId ? 0 : 1).FirstOrDefaultAsync(cancellation);
        var projectId = member?.ProjectId ?? (user.IsAdministrator ? user.ProjectId : null)
            ?? throw new RefusedException(Problems.Forbidden("You are no member of any project; ask an administrator."));
        var agent = http.Request.Headers.UserAgent.ToString();
        var session = new SessionRow
        {
            Id = Secrets.Hash(secret),
            Handle = Ids.New(clock),
            UserId = user.Id,
            ProjectId = projectId,
            BegunBy = by,
            Address = http.Address(),
            UserAgent = agent.Length > LongestUserAgent ? agent[..LongestUserAgent] : agent,
            CreatedAt = now,
            LastUsedAt = now,
            ExpiresAt = lives.EndOf(now, now),
        };
        await db.Sessions.Where(s => s.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
        db.Sessions.Add(session);
        await db.SaveChangesAsync(cancellation);
        AuditDraft.Of(http)?.Proved(user.Id, user.Name, Credentials.Session(session.Handle));
        AuditDraft.Of(http)?.Tell("begunBy", JsonNamingPolicy.KebabCaseLower.ConvertName(by.ToString()));
        // The server knows when it is over; the browser keeps the cookie until it cannot be good any more.
        http.Response.Cookies.Append(Authentication.CookieName, secret, Authentication.Cookie(http, now + SessionLives.Longest));
        var project = await db.Projects.AsNoTracking().SingleAsync(p => p.Id == projectId, cancellation);
        return new Session(user.Name, user.Role, project.Name, session.ExpiresAt) { ProjectRole = member?.Role, MayChange = Standing.MayChange(user.Role, member?.Role) };
    }

    /// <summary>Ends sessions; what is open by them goes at once.</summary>
    /// <returns>How many there were.</returns>
    public Task<int> EndAsync(IQueryable<SessionRow> which, CancellationToken cancellation)
        => db.TransactAsync(() => which.ExecuteDeleteAsync(cancellation), cancellation);
}
