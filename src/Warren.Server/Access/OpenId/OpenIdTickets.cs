using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace Warren.Server.Access.OpenId;

/// <summary>Whom the provider vouched for, for the session that asked; parked with its browser until that session itself says so.</summary>
/// <param name="Session">The session that asked.</param>
/// <param name="Issuer">The provider.</param>
/// <param name="Subject">Its name for them.</param>
/// <param name="Label">What they are called there.</param>
internal sealed record Vouched(string Session, string Issuer, string Subject, string Label);

/// <summary>What travels with a browser on its way to the provider and back, under the key ring and for minutes.</summary>
internal sealed class OpenIdTickets(IDataProtectionProvider provider)
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(10);

    private readonly ITimeLimitedDataProtector _permits = provider.CreateProtector("openid permits").ToTimeLimitedDataProtector();
    private readonly ITimeLimitedDataProtector _vouched = provider.CreateProtector("openid vouched").ToTimeLimitedDataProtector();

    /// <summary>Lets a session send its browser there.</summary>
    public string Permit(string session) => _permits.Protect(session, s_life);

    /// <summary>The session that it was given to; null: it is none, or over.</summary>
    public string? ReadPermit(string permit) => Read(_permits, permit);

    public string Vouch(Vouched who) => _vouched.Protect(JsonSerializer.Serialize(who), s_life);

    /// <summary>Null: it is none of ours, or over.</summary>
    public Vouched? ReadVouched(string ticket) => Read(_vouched, ticket) is { } text ? JsonSerializer.Deserialize<Vouched>(text) : null;

    private static string? Read(ITimeLimitedDataProtector protector, string text)
    {
        try
        {
            return protector.Unprotect(text);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
