using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>
/// What guests may reach, as nftables rules (nft(8)). QEMU's user network opens a guest's connections as sockets of QEMU's own, so that they
/// are known by QEMU's user. Whoever has a user of the range and is not said to be in <c>lan</c> is confined, and of those who is not said to be let
/// anywhere comes nowhere: a rule that was lost closes. Pure.
/// </summary>
internal static class NetworkRules
{
    private const string Family = "inet";

    /// <summary>The one table that older servers had, for all ranges.</summary>
    internal const string WithoutFormer = $"add table {Family} warren\ndelete table {Family} warren\n";

    /// <summary>Sets of users: all is open; nothing is; the whole outside is; the host's name servers are. Who is in none of them has a list, or nothing.</summary>
    internal const string Lan = "lan", Isolated = "isolated", Outside = "outside", Names = "names";

    /// <summary>The map from users with a list to the chains of their lists.</summary>
    internal const string Listed = "listed";

    /// <summary>The table of a range: another server on this host may have another one, and each states the whole of its own. Nothing outside of it is touched.</summary>
    internal static IReadOnlyList<string> Table(UserRange range) => [Family, string.Create(CultureInfo.InvariantCulture, $"warren-{range.First}")];

    private const string Refuse = "reject with icmpx type admin-prohibited";

    /// <summary>The whole table, to be loaded at any time: one transaction, after which it is as stated, and sets of machines are as they were.</summary>
    /// <param name="range">Users of machines.</param>
    /// <param name="resolvers">Name servers of the host, which QEMU passes guests' questions to.</param>
    internal static string All(UserRange range, IReadOnlyCollection<IPAddress> resolvers)
    {
        var (text, table) = (new StringBuilder(), string.Join(' ', Table(range)));
        text.Append(CultureInfo.InvariantCulture, $$"""
            add table {{table}}
            add set {{table}} {{Lan}} { type uid; }
            add set {{table}} {{Isolated}} { type uid; }
            add set {{table}} {{Outside}} { type uid; }
            add set {{table}} {{Names}} { type uid; }
            add map {{table}} {{Listed}} { type uid : verdict; }
            add chain {{table}} output { type filter hook output priority 0; policy accept; }
            add chain {{table}} confined
            add chain {{table}} resolvers
            flush chain {{table}} output
            flush chain {{table}} confined
            flush chain {{table}} resolvers
            add rule {{table}} output meta skuid {{range.First + 1}}-{{range.Last}} meta skuid != @{{Lan}} goto confined
            add rule {{table}} confined ct state established,related accept
            add rule {{table}} confined meta skuid @{{Isolated}} {{Refuse}}
            add rule {{table}} confined meta skuid @{{Names}} jump resolvers
            add rule {{table}} confined fib daddr type { local, broadcast, multicast, anycast } {{Refuse}}
            add rule {{table}} confined ip daddr { {{string.Join(", ", GuestDestination.Inside4)}} } {{Refuse}}
            add rule {{table}} confined ip6 daddr { {{string.Join(", ", GuestDestination.Inside6)}} } {{Refuse}}
            add rule {{table}} confined meta skuid @{{Outside}} accept
            add rule {{table}} confined meta skuid vmap @{{Listed}}
            add rule {{table}} confined {{Refuse}}

            """);
        foreach (var resolver in resolvers)
        {
            var family = resolver.AddressFamily == AddressFamily.InterNetwork ? "ip" : "ip6";
            foreach (var protocol in new[] { "udp", "tcp" })
                text.Append(CultureInfo.InvariantCulture, $"add rule {table} resolvers {family} daddr {resolver} {protocol} dport 53 accept\n");
        }

        return text.ToString();
    }

    /// <summary>One machine's part. Adding before taking away makes the taking away good where there was nothing.</summary>
    internal static string Of(UserRange range, uint user, GuestReach reach)
    {
        var (internet, all) = (reach.Mode == GuestNetworkMode.Internet, reach is { Mode: GuestNetworkMode.Internet, IsListed: false });
        return Member(range, Lan, user, reach.Mode == GuestNetworkMode.Lan) + Member(range, Isolated, user, reach.Mode == GuestNetworkMode.Isolated)
            + Member(range, Outside, user, all) + Member(range, Names, user, all || (internet && reach.List.Any(d => d.Network is null)))
            + (internet && reach.IsListed ? Chain(range, user, reach.List) : "");
    }

    /// <summary>Takes a machine's part away.</summary>
    internal static string Without(UserRange range, uint user)
    {
        var (table, chain) = (string.Join(' ', Table(range)), ChainOf(user));
        return string.Concat(new[] { Lan, Isolated, Outside, Names }.Select(set => Member(range, set, user, isIn: false))) + string.Create(CultureInfo.InvariantCulture, $$"""
            add chain {{table}} {{chain}}
            add element {{table}} {{Listed}} { {{user}} : jump {{chain}} }
            delete element {{table}} {{Listed}} { {{user}} }
            flush chain {{table}} {{chain}}
            delete chain {{table}} {{chain}}

            """);
    }

    /// <summary>A machine's list: what it does not let through comes back, and is refused.</summary>
    private static string Chain(UserRange range, uint user, IReadOnlyList<GuestDestination> list)
    {
        var (table, chain) = (string.Join(' ', Table(range)), ChainOf(user));
        var text = new StringBuilder($"add chain {table} {chain}\nflush chain {table} {chain}\n");
        foreach (var destination in list)
        {
            if (destination.Network is not { } network) continue;
            var family = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? "ip" : "ip6";
            var what = (destination.Protocol, destination.Ports) switch
            {
                (null, null) => "",
                ({ } protocol, null) => $" meta l4proto {protocol}",
                var (protocol, ports) => string.Create(CultureInfo.InvariantCulture,
                    $" {(protocol is null ? "meta l4proto { tcp, udp } th" : protocol)} dport {ports.Value.First}-{ports.Value.Last}"),
            };
            text.Append(CultureInfo.InvariantCulture, $"add rule {table} {chain} {family} daddr {network}{what} accept\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"add element {table} {Listed} {{ {user} : jump {chain} }}\n").ToString();
    }

    private static string ChainOf(uint user) => string.Create(CultureInfo.InvariantCulture, $"m{user}");

    /// <summary>Name servers in a resolv.conf(5).</summary>
    internal static IReadOnlyList<IPAddress> Resolvers(string configuration) =>
    [
        .. configuration.Split('\n').Select(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f is ["nameserver", _, ..]).Select(f => IPAddress.TryParse(f[1].Split('%')[0], out var address) ? address : null).OfType<IPAddress>().Distinct(),
    ];

    /// <summary>
    /// Users in a set or map as <c>nft list</c> shows it: <c>elements = { 2140000005, 2140000007 }</c>, over as many lines as it likes, and
    /// <c>2140000005 : jump m2140000005</c>.
    /// </summary>
    internal static IReadOnlyList<uint> Members(string listed)
    {
        var at = listed.IndexOf("elements = {", StringComparison.Ordinal);
        if (at < 0) return [];
        var inside = listed[(listed.IndexOf('{', at) + 1)..listed.IndexOf('}', at)];
        return [.. inside.Split(',').Select(e => uint.Parse(e.Split(':')[0].Trim(), CultureInfo.InvariantCulture))];
    }

    private static string Member(UserRange range, string set, uint user, bool isIn)
    {
        var table = string.Join(' ', Table(range));
        var add = string.Create(CultureInfo.InvariantCulture, $"add element {table} {set} {{ {user} }}\n");
        return isIn ? add : add + string.Create(CultureInfo.InvariantCulture, $"delete element {table} {set} {{ {user} }}\n");
    }
}
