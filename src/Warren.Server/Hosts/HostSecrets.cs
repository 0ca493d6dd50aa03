using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Warren.Hypervisors;

namespace Warren.Server.Hosts;

/// <summary>Encrypts the secret settings of hosts for their rows, and decrypts them for their drivers.</summary>
internal sealed class HostSecrets(IDataProtectionProvider provider)
{
    private readonly IDataProtector _protector = provider.CreateProtector("host settings");

    public string? Write(IReadOnlyDictionary<string, string> secrets)
        => secrets.Count == 0 ? null : _protector.Protect(JsonSerializer.Serialize(secrets));

    /// <exception cref="HypervisorException">Rejected: the key ring is not the one they were written with.</exception>
    public Dictionary<string, string> Read(string? written)
    {
        if (written is null) return new(StringComparer.Ordinal);
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(_protector.Unprotect(written))!;
        }
        catch (CryptographicException e)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                "its secrets cannot be decrypted: the key ring (Secrets:KeyFolder) is not the one they were written with; bring it back, or state the secrets again", e);
        }
    }
}
