using System.Net;
using System.Net.Sockets;

namespace Warren.Server.Images;

/// <summary>
/// Keeps downloads on the public Internet. A user names the URL but the server makes the connection, so without this a
/// user could read what only the host can reach: its own services, its neighbours, a cloud's metadata service.
/// </summary>
/// <param name="allowPrivate">Takes every address.</param>
/// <param name="allowedHosts">Names and literal addresses that are taken whatever they resolve to.</param>
public sealed class AddressGuard(bool allowPrivate, IEnumerable<string> allowedHosts)
{
    private readonly HashSet<string> allowed = new(allowedHosts.Select(Normalize), StringComparer.OrdinalIgnoreCase);

    /// <summary>IANA special-purpose registries (RFC 6890 and updates), IPv4.</summary>
    private static readonly IPNetwork[] RefusedV4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>What inside 2000::/3 is not the public Internet: IETF protocol assignments with Teredo, documentation.</summary>
    private static readonly IPNetwork[] RefusedV6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "3fff::/20" }.Select(IPNetwork.Parse)];

    private static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether the address is on the public Internet, seen through the IPv4 addresses that IPv6 forms carry inside.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork) return !RefusedV4.Any(n => n.Contains(address));
        if (address.IsIPv4MappedToIPv6) return IsPublic(address.MapToIPv4());
        var bytes = address.GetAddressBytes();
        if (Nat64.Contains(address)) return IsPublic(new IPAddress(bytes.AsSpan(12)));
        if (!GlobalV6.Contains(address) || RefusedV6.Any(n => n.Contains(address))) return false;
        if (SixToFour.Contains(address)) return IsPublic(new IPAddress(bytes.AsSpan(2, 4)));
        // ISATAP (RFC 5214): ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d in the low half.
        if ((bytes[8] & 0xFD) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE) return IsPublic(new IPAddress(bytes.AsSpan(12)));
        return true;
    }

    /// <summary>Whether a connection for this host name may go to this address.</summary>
    public bool Allows(string host, IPAddress address) => allowPrivate || allowed.Contains(Normalize(host)) || IsPublic(address);

    /// <summary>Checks what can be checked before a connection: scheme, credentials, literal addresses, local names.</summary>
    /// <exception cref="ImageException">The URL is refused; the message says which rule.</exception>
    public void CheckUrl(Uri url)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new ImageException(ImageErrors.UrlRefused, "url: only http and https URLs are taken");
        if (url.UserInfo.Length > 0) throw new ImageException(ImageErrors.UrlRefused, "url: must not carry a user name or password");
        if (url.Host.Length == 0) throw new ImageException(ImageErrors.UrlRefused, "url: has no host");
        // Uri has turned forms like http://2130706433/ and http://0x7f.1/ into dotted ones already.
        if (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? !Allows(url.Host, address) : IsLocalName(url.IdnHost) && !Allows(url.Host, IPAddress.Loopback))
            throw Refusal(url.Host);
    }

    /// <summary>The refusal of a host whose addresses are not public.</summary>
    public static ImageException Refusal(string host) => new(ImageErrors.AddressRefused,
        $"url: {host} leads to a loopback, link-local, private or otherwise not public address; an administrator can allow it with Images:AllowedHosts or Images:AllowPrivateAddresses");

    private static bool IsLocalName(string host)
    {
        var name = host.TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static string Normalize(string host) => host.Trim('[', ']').TrimEnd('.');
}
