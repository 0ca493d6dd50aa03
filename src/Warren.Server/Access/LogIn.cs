using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>The ways to log in. Who exists cannot be told from their answers, nor from the time that they take.</summary>
internal sealed class LogIn(WarrenDb db, LoginLinks links, Passwords passwords, SecondFactors seconds, Lockout lockout, Sessions sessions, TimeProvider clock)
{
    /// <summary>How long the second half may take.</summary>
    private static readonly TimeSpan ChallengeLife = TimeSpan.FromMinutes(5);

    /// <exception cref="RefusedException">unauthenticated, locked-out, second-factor-required.</exception>
    public async Task<Session> ByPasswordAsync(string name, string password, HttpContext http, CancellationToken cancellation)
    {
        name = name.Trim().ToLowerInvariant();
        AuditDraft.Of(http)?.Tried(name);
        var (byName, byAddress) = (Lockout.Name(name), Lockout.Address(http.AddressBlock()));
        await lockout.BeginAsync([byAddress, byName], cancellation);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Name == name, cancellation);
        // Longer ones cannot be anybody's; the hash is made all the same.
        var matches = passwords.Matches(user, password.Length > Passwords.Longest ? "" : password);
        if (!matches || user!.DisabledAt is not null || user.Kind != UserKind.Person)
            throw new RefusedException(Problems.Of("unauthenticated", 401, "Name or password is wrong", "An administrator can give you a one-time link to set a new password."));
        await lockout.SucceedAsync(byName, [byAddress], cancellation);
        return await EnterAsync(user, SessionBegin.Password, http, cancellation);
    }

    /// <exception cref="RefusedException">unauthenticated, second-factor-required.</exception>
    public async Task<Session> ByLinkAsync(string secret, HttpContext http, CancellationToken cancellation)
    {
        var used = await links.UseAsync(secret, cancellation);
        var userId = used?.UserId;
        var user = userId is null ? null : await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId && u.DisabledAt == null, cancellation);
        if (user is null)
            throw new RefusedException(Problems.Of("unauthenticated", 401, "The link does not work", "It was used already or is over. Get a new one with 'warren login-link'."));
        // No secret: of its hash only what tells one link from another.
        AuditDraft.Of(http)?.Tell("link", Secrets.Hash(secret)[..12]);
        await lockout.SucceedAsync(Lockout.Name(user.Name), [], cancellation);
        return await EnterAsync(user, used!.Value.By, http, cancellation);
    }

    /// <exception cref="RefusedException">unauthenticated, locked-out.</exception>
    public async Task<Session> BySecondFactorAsync(string challenge, string code, HttpContext http, CancellationToken cancellation)
    {
        var (id, now) = (Secrets.Hash(challenge), clock.GetUtcNow());
        var asked = await db.LoginChallenges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id && c.ExpiresAt > now, cancellation);
        var user = asked is null ? null : await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == asked.UserId && u.DisabledAt == null, cancellation);
        if (user is null) throw new RefusedException(Problems.Of("unauthenticated", 401, "It took too long", "Log in from the beginning."));
        AuditDraft.Of(http)?.Tried(user.Name);
        var counted = Lockout.SecondFactor(user.Id);
        await lockout.BeginAsync([counted], cancellation);
        if (!await seconds.UseAsync(user, code, cancellation)) throw SecondFactors.Wrong();
        // Of two with one challenge, one gets in.
        if (await db.LoginChallenges.Where(c => c.Id == id).ExecuteDeleteAsync(cancellation) == 0) throw SecondFactors.Wrong();
        await lockout.SucceedAsync(counted, [], cancellation);
        return await sessions.BeginAsync(user, asked!.BegunBy, http, cancellation);
    }

    /// <summary>Logs in who has shown who they are; a second factor is asked for all the same.</summary>
    /// <exception cref="RefusedException">second-factor-required.</exception>
    public async Task<Session> EnterAsync(UserRow user, SessionBegin by, HttpContext http, CancellationToken cancellation)
    {
        AuditDraft.Of(http)?.Tried(user.Name);
        if (user.SecondFactor is null) return await sessions.BeginAsync(user, by, http, cancellation);
        var (secret, now) = (Secrets.New(), clock.GetUtcNow());
        await db.LoginChallenges.Where(c => c.ExpiresAt <= now).ExecuteDeleteAsync(cancellation);
        db.LoginChallenges.Add(new LoginChallengeRow { Id = Secrets.Hash(secret), UserId = user.Id, BegunBy = by, ExpiresAt = now + ChallengeLife });
        await db.SaveChangesAsync(cancellation);
        throw new RefusedException(Problems.Of("second-factor-required", 401, "The second factor is missing", "Send a code of your authenticator, or a recovery code, with the challenge to POST /session/second-factor.")
            with { Challenge = secret });
    }
}
