using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>Second factors of users: authenticators, whose secrets are encrypted with the key ring, and recovery codes, kept as hashes.</summary>
internal sealed class SecondFactors(WarrenDb db, IDataProtectionProvider provider, TimeProvider clock)
{
    public const int Codes = 10;

    private readonly IDataProtector _protector = provider.CreateProtector("second factors");

    public static RefusedException Wrong() => new(Problems.Of("wrong-code", 401, "The code is wrong", "It may be over, or was used already: wait for the next one."));

    /// <summary>Makes a secret, which counts once a code of it was confirmed.</summary>
    public async Task<SecondFactorSecret> BeginAsync(UserRow user, CancellationToken cancellation)
    {
        if (user.SecondFactor is not null) throw new RefusedException(Problems.IllegalState("There is a second factor already; remove it first."));
        var secret = Totp.NewSecret();
        var pending = _protector.Protect(Convert.ToHexString(secret));
        await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(s => s.SetProperty(u => u.SecondFactorPending, pending), cancellation);
        return new SecondFactorSecret(Totp.ToBase32(secret), Totp.Uri(secret, user.Name));
    }

    /// <summary>From here on codes are asked for.</summary>
    public async Task<RecoveryCodes> ConfirmAsync(UserRow user, string code, CancellationToken cancellation)
    {
        if (user.SecondFactorPending is not { } pending) throw new RefusedException(Problems.IllegalState("There is no new secret to confirm; begin with POST /account/second-factor."));
        var step = Totp.Match(Read(pending), Plain(code), clock.GetUtcNow(), user.SecondFactorStep) ?? throw Refused();
        var codes = Enumerable.Range(0, Codes).Select(_ => NewCode()).ToList();
        await db.TransactAsync(async () =>
        {
            await db.RecoveryCodes.Where(c => c.UserId == user.Id).ExecuteDeleteAsync(cancellation);
            db.RecoveryCodes.AddRange(codes.Select(c => new RecoveryCodeRow { UserId = user.Id, Hash = Secrets.Hash(Plain(c)) }));
            await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(
                s => s.SetProperty(u => u.SecondFactor, pending).SetProperty(u => u.SecondFactorPending, (string?)null).SetProperty(u => u.SecondFactorStep, step), cancellation);
            return await db.SaveChangesAsync(cancellation);
        }, cancellation);
        return new RecoveryCodes(codes);
    }

    /// <summary>Uses a code up, of the authenticator or for recovery; of two at once, one is right.</summary>
    public async Task<bool> UseAsync(UserRow user, string code, CancellationToken cancellation)
    {
        code = Plain(code);
        if (user.SecondFactor is { } secret && Totp.Match(Read(secret), code, clock.GetUtcNow(), user.SecondFactorStep) is { } step)
            return await db.Users.Where(u => u.Id == user.Id && u.SecondFactorStep < step).ExecuteUpdateAsync(s => s.SetProperty(u => u.SecondFactorStep, step), cancellation) == 1;
        var hash = Secrets.Hash(code);
        return await db.RecoveryCodes.Where(c => c.UserId == user.Id && c.Hash == hash).ExecuteDeleteAsync(cancellation) == 1;
    }

    /// <summary>No code is asked for any more.</summary>
    public Task RemoveAsync(string userId, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await db.RecoveryCodes.Where(c => c.UserId == userId).ExecuteDeleteAsync(cancellation);
        await db.LoginChallenges.Where(c => c.UserId == userId).ExecuteDeleteAsync(cancellation);
        return await db.Users.Where(u => u.Id == userId).ExecuteUpdateAsync(
            s => s.SetProperty(u => u.SecondFactor, (string?)null).SetProperty(u => u.SecondFactorPending, (string?)null), cancellation);
    }, cancellation);

    /// <summary>A code that was refused to somebody who is logged in.</summary>
    public static RefusedException Refused() => new(Problems.Validation("code", "a code that the authenticator shows now and that was not used yet"));

    private byte[] Read(string written)
    {
        try
        {
            return Convert.FromHexString(_protector.Unprotect(written));
        }
        catch (CryptographicException)
        {
            throw new RefusedException(Problems.Of("second-factor-unreadable", 503, "The second factor cannot be read",
                "The key ring (Secrets:KeyFolder) is not the one it was written with. An administrator can bring it back, or remove the second factor."));
        }
    }

    /// <summary>80 bits, in groups that can be copied by hand.</summary>
    private static string NewCode()
        => string.Join('-', Totp.ToBase32(RandomNumberGenerator.GetBytes(10)).ToLowerInvariant().Chunk(4).Select(c => new string(c)));

    private static string Plain(string code) => code.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
}
