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

    public async Task<LoginLink> CreateAsync(string userId, CancellationToken cancellation)
    {
        var secret = Secrets.New();
        var expires = clock.GetUtcNow() + Life;
        db.LoginLinks.Add(new LoginLinkRow { Id = Secrets.Hash(secret), UserId = userId, ExpiresAt = expires });
        await db.SaveChangesAsync(cancellation);
        return new LoginLink($"{address.Url}/login#{secret}", expires);
    }

    /// <summary>Uses a link up. Null when it is not known, used or over; of two at once, one wins.</summary>
    public async Task<string?> UseAsync(string secret, CancellationToken cancellation)
    {
        var id = Secrets.Hash(secret);
        var link = await db.LoginLinks.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, cancellation);
        var used = await db.LoginLinks.Where(l => l.Id == id).ExecuteDeleteAsync(cancellation) == 1;
        return link is not null && used && link.ExpiresAt > clock.GetUtcNow() ? link.UserId : null;
    }
}
