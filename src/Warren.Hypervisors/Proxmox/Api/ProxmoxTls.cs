using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>Who the server must be: pinned by its certificate, signed by a stated authority, or trusted by the system.</summary>
internal static class ProxmoxTls
{
    /// <summary>Insists that the authority can be read.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the setting.</exception>
    internal static void Check(ProxmoxOptions options)
    {
        if (options.Authority is { } pem) Read(pem);
    }

    internal static SslClientAuthenticationOptions For(ProxmoxOptions options)
    {
        var result = new SslClientAuthenticationOptions { TargetHost = options.Address.Host };
        if (options.Fingerprint is { } fingerprint)
        {
            result.RemoteCertificateValidationCallback = (_, certificate, _, _) => Matches(certificate, fingerprint);
        }
        else if (options.Authority is { } pem)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(Read(pem));
            result.CertificateChainPolicy = policy;
        }

        return result;
    }

    /// <summary>A pin is the whole judgement: names and dates of a self-made certificate say nothing.</summary>
    internal static bool Matches(X509Certificate? certificate, string fingerprint) =>
        certificate is not null
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(certificate.GetRawCertData()), Convert.FromHexString(fingerprint));

    private static X509Certificate2Collection Read(string pem)
    {
        var authority = new X509Certificate2Collection();
        try
        {
            authority.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // Judged by what was read.
        }

        return authority.Count > 0 ? authority : throw HostConnection.Wrong("ca", "must be a certificate in PEM");
    }
}
