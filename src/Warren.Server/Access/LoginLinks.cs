using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>One-time links. The secret is in the fragment, which browsers send to no server and write to no log.</summary>
internal sealed class LoginLinks(WarrenDb db, ServerAddress address, TimeProvider clock)
{
    /// <summary>How long a link works.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <summary>Begins the secrets of links that people made for themselves. It is hashed with the rest, so that none comes off.</summary>
    private const string Own = "own.";

    /// <param name="userId">Whom it logs in.</param>
    /// <param name="by">What the session will have been begun by.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<LoginLink> CreateAsync(string userId, SessionBegin by, CancellationToken cancellation)
    {
        var secret = (by == SessionBegin.OwnLink ? Own : "") + Secrets.New();
        var expires = clock.GetUtcNow() + Life;
        db.LoginLinks.Add(new LoginLinkRow { Id = Secrets.Hash(secret), UserId = userId, ExpiresAt = expires });
        await db.SaveChangesAsync(cancellation);
        return new LoginLink($"{address.Url}/login#{secret}", expires);
    }

    /// <summary>Uses a link up. Null when it is not known, used or over; of two at once, one wins.</summary>
    public async Task<(string UserId, SessionBegin By)?> UseAsync(string secret, CancellationToken cancellation)
    {
        var id = Secrets.Hash(secret);
        var link = await db.LoginLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, cancellation);
        var used = await db.LoginLinks.Where(l => l.Id == id).ExecuteDeleteAsync(cancellation) == 1;
        if (link is null || !used || link.ExpiresAt <= clock.GetUtcNow()) return null;
        return (link.UserId, secret.StartsWith(Own, StringComparison.Ordinal) ? SessionBegin.OwnLink : SessionBegin.Link);
    }
}
