using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors;

/// <summary>
/// One entry of a machine's list of destinations: <c>203.0.113.0/24</c>, <c>203.0.113.7:443</c>, <c>[2001:db8::1]:8000-8100/udp</c>, or <c>names</c>.
/// Made by <see cref="Read"/> only, so that what becomes a rule is numbers and never somebody's text.
/// </summary>
public sealed partial record GuestDestination
{
    /// <summary>Entries that a machine may have.</summary>
    public const int Most = 64;

    /// <summary>What an entry looks like, for people.</summary>
    public const string Shape =
        "203.0.113.0/24, 203.0.113.7:443, 203.0.113.7:8000-8100/tcp, [2001:db8::1]:443/udp or names: an address or network, a port or range of ports of 1 to 65535, tcp or udp; no host names";

    /// <summary>The word for the host's name servers.</summary>
    private const string NameServers = "names";

    /// <summary>
    /// Not the outside: "this network", RFC 1918, RFC 6598 (with the metadata of Alibaba), loopback, link-local (with the metadata of most clouds), RFC 6890's
    /// IETF assignments, RFC 2544's benches, multicast, reserved; and Azure's platform address, which serves metadata and is public.
    /// </summary>
    internal static IReadOnlyList<string> Inside4 { get; } =
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "224.0.0.0/3",
    ];

    /// <summary>
    /// The same of IPv6: unspecified, loopback, IPv4 in IPv6 and its translations (a translator would lead to the addresses above), Teredo and 6to4,
    /// unique local (with the metadata of Amazon), link-local, the old site-local, multicast.
    /// </summary>
    internal static IReadOnlyList<string> Inside6 { get; } =
    [
        "::/127", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ];

    private static readonly IReadOnlyList<IPNetwork> s_inside = [.. Inside4.Concat(Inside6).Select(n => IPNetwork.Parse(n))];

    private GuestDestination(IPNetwork? network, string? protocol, (int First, int Last)? ports) => (Network, Protocol, Ports) = (network, protocol, ports);

    /// <summary>Where to; null: the host's own name servers.</summary>
    public IPNetwork? Network { get; }

    /// <summary><c>tcp</c> or <c>udp</c>; null: both where there are ports, else everything.</summary>
    public string? Protocol { get; }

    /// <summary>First and last port; null: all.</summary>
    public (int First, int Last)? Ports { get; }

    /// <summary>It lies wholly where no guest of this mode comes, listed or not.</summary>
    public bool IsInside => Network is { } network && s_inside.Any(i => i.PrefixLength <= network.PrefixLength && Masked(network.BaseAddress, i.PrefixLength).Equals(i.BaseAddress));

    /// <summary>Reads an entry; null when it is none.</summary>
    public static GuestDestination? Read(string? text)
    {
        if (text == NameServers) return new GuestDestination(null, null, null);
        if (text is null || Entry().Match(text) is not { Success: true } match) return null;
        var ports = PortsOf(match);
        if (match.Groups["first"].Success && (ports is null || match.Groups["six"].Success)) return null;
        var where = match.Groups["four"].Success ? match.Groups["four"].Value : match.Groups["six"].Success ? match.Groups["six"].Value : match.Groups["bracketed"].Value;
        return NetworkOf(where, match.Groups["four"].Success ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6) is { } network
            ? new GuestDestination(network, match.Groups["protocol"].Success ? match.Groups["protocol"].Value : null, ports)
            : null;
    }

    /// <summary>The one way to write it: the network's own address, no prefix for a single address, no range for a single port.</summary>
    public override string ToString()
    {
        if (Network is not { } network) return NameServers;
        var six = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
        var where = network.PrefixLength == (six ? 128 : 32) ? $"{network.BaseAddress}" : $"{network}";
        if (six && Ports is not null) where = $"[{where}]";
        var ports = Ports is not { } range ? "" : range.First == range.Last ? string.Create(CultureInfo.InvariantCulture, $":{range.First}") : string.Create(CultureInfo.InvariantCulture, $":{range.First}-{range.Last}");
        return where + ports + (Protocol is null ? "" : "/" + Protocol);
    }

    private static (int, int)? PortsOf(Match match)
    {
        if (!match.Groups["first"].Success) return null;
        var first = int.Parse(match.Groups["first"].Value, CultureInfo.InvariantCulture);
        var last = match.Groups["last"].Success ? int.Parse(match.Groups["last"].Value, CultureInfo.InvariantCulture) : first;
        return first is >= 1 and <= 65535 && last >= first && last <= 65535 ? (first, last) : null;
    }

    private static IPNetwork? NetworkOf(string text, AddressFamily family)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var address = slash < 0 ? text : text[..slash];
        // 010.1.1.1 and 10.1 are addresses to some and others to others.
        if (!IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != family || (family == AddressFamily.InterNetwork && $"{parsed}" != address)) return null;
        var bits = family == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = slash < 0 ? bits : int.Parse(text.AsSpan(slash + 1), CultureInfo.InvariantCulture);
        return prefix > bits ? null : new IPNetwork(Masked(parsed, prefix), prefix);
    }

    /// <summary>By its bytes: to .NET an address of IPv4 in IPv6 is in no network.</summary>
    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++) bytes[i] &= (byte)(0xff00 >> Math.Clamp(prefix - (i * 8), 0, 8));
        return new IPAddress(bytes);
    }

    [GeneratedRegex(
        @"\A(?:(?<four>[0-9.]{7,15}(?:/[0-9]{1,2})?)|(?<six>[0-9a-fA-F:.]{2,45}(?:/[0-9]{1,3})?)|\[(?<bracketed>[0-9a-fA-F:.]{2,45}(?:/[0-9]{1,3})?)\])(?::(?<first>[0-9]{1,5})(?:-(?<last>[0-9]{1,5}))?)?(?:/(?<protocol>tcp|udp))?\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Entry();
}
