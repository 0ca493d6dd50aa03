using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Warren.Hypervisors.Docker.Engine;

/// <summary>Both sides of TLS: the engine must be signed by the stated authority for its name, and is shown our certificate.</summary>
internal static class Certificates
{
    /// <summary>Insists that a tcp endpoint has all three and that they can be read.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the setting.</exception>
    internal static void Check(DockerOptions options)
    {
        if (options.IsLocal) return;
        // An engine without TLS gives root on its host to whoever reaches the port.
        if (options.Authority is null) throw HostConnection.Wrong("ca", "must be stated for tcp");
        if (options.Certificate is null) throw HostConnection.Wrong("certificate", "must be stated for tcp");
        if (options.Key is null) throw HostConnection.Wrong("key", "must be stated for tcp");
        ReadAuthority(options.Authority);
        using var _ = ReadOwn(options.Certificate, options.Key);
    }

    internal static SslClientAuthenticationOptions For(DockerOptions options)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(ReadAuthority(options.Authority!));
        return new SslClientAuthenticationOptions
        {
            TargetHost = options.Endpoint.Host,
            CertificateChainPolicy = policy,
            ClientCertificateContext = SslStreamCertificateContext.Create(ReadOwn(options.Certificate!, options.Key!), null, offline: true),
        };
    }

    private static X509Certificate2Collection ReadAuthority(string pem)
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

    private static X509Certificate2 ReadOwn(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The exception's own text is left out: it could quote the key.
            throw HostConnection.Wrong("key", "must be the private key of the certificate, both in PEM");
        }
    }
}
