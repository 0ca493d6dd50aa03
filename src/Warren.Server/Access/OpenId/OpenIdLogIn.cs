using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access.OpenId;

/// <summary>
/// What becomes of somebody whom the provider has vouched for: a session of the user that they are connected with, an account if
/// they have none and may have one, or a connection with the user who asked for it. A name or an address that both sides know
/// connects nobody: whoever may choose them there would choose an account here.
/// </summary>
internal sealed class OpenIdLogIn(WarrenDb db, Accounts accounts, LogIn logIn, OpenIdSettings settings, OpenIdTickets tickets, TimeProvider clock, ILogger<OpenIdLogIn> log)
{
    /// <summary>Key of the session that asked for a connection, beside what the provider was asked with.</summary>
    public const string Connect = "connect";

    private const int LongestLabel = 254;

    /// <summary>Where a browser is sent that does not get in; the page says why.</summary>
    public static string Refused(string why) => $"/login?refused={why}";

    /// <returns>Where the browser goes.</returns>
    public async Task<string> EnterAsync(ClaimsPrincipal who, AuthenticationProperties asked, HttpContext http, CancellationToken cancellation)
    {
        if (asked.GetString(OpenIdRegistration.Issuer) is not { Length: > 0 } issuer || who.FindFirst("sub")?.Value is not { Length: > 0 } subject) return Refused("provider");
        if (asked.GetString(Connect) is { } session)
        {
            AuditDraft.Of(http)?.Is("account.visit-provider");
            return "/account#connect." + tickets.Vouch(new Vouched(session, issuer, subject, LabelOf(who, subject)));
        }

        // Two tabs of somebody new: the second finds what the first has made.
        for (var again = false; ; again = true)
        {
            try
            {
                return await LogInAsync(issuer, subject, who, http, cancellation);
            }
            catch (RefusedException e) when (e.Problem.Challenge is { } challenge)
            {
                AuditDraft.Of(http)?.Refused("second-factor-required");
                return $"/login#challenge.{challenge}";
            }
            catch (RefusedException e)
            {
                log.LogWarning("Somebody whom the provider vouched for was refused: {Problem}", e.Problem.Detail);
                return Refused("account");
            }
            catch (DbUpdateException e) when (!again && ProblemWriter.IsUniqueViolation(e))
            {
                db.ChangeTracker.Clear();
            }
        }
    }

    /// <summary>Connects whom the provider vouched for with the user whose session asked for it, and who says so now.</summary>
    /// <exception cref="RefusedException">The ticket is not for this session or over, or it is somebody who is connected with another user.</exception>
    public async Task<IdentityRow> ConnectAsync(string ticket, string userId, string session, CancellationToken cancellation)
    {
        if (tickets.ReadVouched(ticket) is not { } who || who.Session != session)
            throw new RefusedException(Problems.Forbidden("The provider's answer is over, or was for somebody else. Begin again on the page of your account."));
        if (await db.Identities.SingleOrDefaultAsync(i => i.Issuer == who.Issuer && i.Subject == who.Subject, cancellation) is { } known)
            return known.UserId == userId ? known : throw Taken();
        var row = Add(who.Issuer, who.Subject, userId, who.Label);
        try
        {
            await db.SaveChangesAsync(cancellation);
            return row;
        }
        catch (DbUpdateException e) when (ProblemWriter.IsUniqueViolation(e))
        {
            throw Taken();
        }

        static RefusedException Taken() => new(Problems.Conflict("Who you are there is connected with another account here."));
    }

    private async Task<string> LogInAsync(string issuer, string subject, ClaimsPrincipal who, HttpContext http, CancellationToken cancellation)
    {
        var known = await db.Identities.AsNoTracking().SingleOrDefaultAsync(i => i.Issuer == issuer && i.Subject == subject, cancellation);
        var user = known is not null ? await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == known.UserId, cancellation) : await SignUpAsync(issuer, subject, who, cancellation);
        if (user is null) return Refused("no-account");
        if (user.DisabledAt is not null) return Refused("disabled");
        var now = clock.GetUtcNow();
        await db.Identities.Where(i => i.Issuer == issuer && i.Subject == subject).ExecuteUpdateAsync(s => s.SetProperty(i => i.LastUsedAt, now), cancellation);
        await logIn.EnterAsync(user, SessionBegin.Provider, http, cancellation);
        return "/";
    }

    /// <summary>Null: they may have no account.</summary>
    private async Task<UserRow?> SignUpAsync(string issuer, string subject, ClaimsPrincipal who, CancellationToken cancellation)
    {
        var (email, verified) = (who.FindFirst("email")?.Value, string.Equals(who.FindFirst("email_verified")?.Value, "true", StringComparison.OrdinalIgnoreCase));
        if (!settings.Takes(email, verified)) return null;
        return await db.TransactAsync(async () =>
        {
            var free = verified && email is not null && Accounts.IsEmail(email) && !await db.Users.AnyAsync(u => u.Email == email, cancellation);
            var user = await accounts.AddAsync(await NameAsync(who, email, cancellation), UserKind.Person, UserRole.Member, free ? email : null, new Check(), cancellation);
            Add(issuer, subject, user.Id, LabelOf(who, subject));
            await db.SaveChangesAsync(cancellation);
            return user;
        }, cancellation);
    }

    private IdentityRow Add(string issuer, string subject, string userId, string label)
    {
        var now = clock.GetUtcNow();
        var row = new IdentityRow { Id = Ids.New(clock), Issuer = issuer, Subject = subject, UserId = userId, Label = label, CreatedAt = now, LastUsedAt = now };
        db.Add(row);
        return row;
    }

    private static string LabelOf(ClaimsPrincipal who, string subject)
    {
        var label = who.FindFirst("email")?.Value ?? who.FindFirst("preferred_username")?.Value ?? who.FindFirst("name")?.Value ?? subject;
        return label.Length > LongestLabel ? label[..LongestLabel] : label;
    }

    /// <summary>A name that is free here, after what they are called there.</summary>
    private async Task<string> NameAsync(ClaimsPrincipal who, string? email, CancellationToken cancellation)
    {
        var wanted = new[] { who.FindFirst("preferred_username")?.Value, email, who.FindFirst("name")?.Value }.Select(Label).FirstOrDefault(l => l is not null) ?? "user";
        var taken = (await db.Users.Where(u => u.Name.StartsWith(wanted)).Select(u => u.Name).ToListAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        return Names.Free(wanted, taken);
    }

    /// <summary>The part before the @, as a name may be here; null: nothing of it may.</summary>
    internal static string? Label(string? text)
    {
        if (text is null) return null;
        var kept = new string([.. text.Split('@')[0].ToLowerInvariant().Select(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') ? c : '-')]).Trim('-');
        while (kept.Contains("--", StringComparison.Ordinal)) kept = kept.Replace("--", "-", StringComparison.Ordinal);
        // Room for a number behind it.
        if (kept.Length > 50) kept = kept[..50].TrimEnd('-');
        return Names.IsHostLabel(kept) ? kept : null;
    }
}
