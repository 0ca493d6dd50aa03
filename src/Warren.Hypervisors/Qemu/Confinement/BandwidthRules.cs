using System.Globalization;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>
/// What guests may send and receive, as nftables rules beside those of <see cref="NetworkRules"/>. What a QEMU sends is known by its user. What comes for it
/// is not, so that its connections are marked when it sends: one that it opened with its user, one that came to it with its user and the highest bit changed,
/// because on the loopback both ends of a connection pass the same hooks. Pure.
/// </summary>
internal static class BandwidthRules
{
    /// <summary>Maps: from users to what limits their sending, and from marks to what limits what comes for them.</summary>
    internal const string Sending = "sending";

    private const string Answers = "answers", Callers = "callers";

    private const uint CameToIt = 0x8000_0000;

    /// <summary>A second's worth may come at once, and this: the kernel hands over up to 64 KiB in one piece.</summary>
    private const int Burst = 128 * 1024;

    /// <summary>What all machines' have in common, to be loaded at any time after the table itself.</summary>
    internal static string All(UserRange range)
    {
        var table = Table(range);
        return $$"""
            add map {{table}} {{Sending}} { type uid : verdict; }
            add map {{table}} {{Answers}} { type mark : verdict; }
            add map {{table}} {{Callers}} { type mark : verdict; }
            add chain {{table}} sent { type filter hook output priority 10; policy accept; }
            add chain {{table}} received { type filter hook input priority 10; policy accept; }
            flush chain {{table}} sent
            flush chain {{table}} received
            add rule {{table}} sent meta skuid vmap @{{Sending}}
            add rule {{table}} received ct direction reply ct mark vmap @{{Answers}}
            add rule {{table}} received ct direction original ct mark vmap @{{Callers}}

            """;
    }

    /// <summary>
    /// One machine's part. What a machine has used of its limits stays counted where they are there already, so that this can be loaded again and again; another
    /// rate needs <see cref="Without"/> before it.
    /// </summary>
    /// <param name="range">Users of machines.</param>
    /// <param name="user">The machine's.</param>
    /// <param name="mbps">Mbit/s in each direction; null: no limit.</param>
    internal static string Of(UserRange range, uint user, int? mbps)
    {
        if (mbps is not { } most) return "";
        var table = Table(range);
        return Limits(range, user, most) + Chains(range, user) + string.Create(CultureInfo.InvariantCulture, $$"""
            add rule {{table}} s{{user}} ct direction original ct mark set {{user}}
            add rule {{table}} s{{user}} ct direction reply ct mark set {{user ^ CameToIt}}
            add rule {{table}} s{{user}} limit name "s{{user}}" drop
            add rule {{table}} r{{user}} limit name "r{{user}}" drop

            """) + Elements(range, user, "add");
    }

    /// <summary>Takes a machine's part away. Adding before makes that good where there was nothing.</summary>
    internal static string Without(UserRange range, uint user) =>
        Limits(range, user, mbps: 1) + Chains(range, user) + Elements(range, user, "add") + Elements(range, user, "delete") + Each(range, user, "delete chain {0} {1}") + Each(range, user, "delete limit {0} {1}");

    private static string Limits(UserRange range, uint user, int mbps) =>
        Each(range, user, string.Create(CultureInfo.InvariantCulture, $$$"""add limit {0} {1} {{ rate over {{{mbps * 125_000L}}} bytes/second burst {{{Burst}}} bytes ; }}"""));

    private static string Chains(UserRange range, uint user) => Each(range, user, "add chain {0} {1}") + Each(range, user, "flush chain {0} {1}");

    /// <summary>A line for what a machine sends, and one for what it receives.</summary>
    private static string Each(UserRange range, uint user, string line) =>
        string.Concat("sr".Select(c => string.Format(CultureInfo.InvariantCulture, line, Table(range), string.Create(CultureInfo.InvariantCulture, $"{c}{user}")) + "\n"));

    private static string Elements(UserRange range, uint user, string verb)
    {
        var table = Table(range);
        (string Map, uint Key, char Chain)[] elements = [(Sending, user, 's'), (Answers, user, 'r'), (Callers, user ^ CameToIt, 'r')];
        return string.Concat(elements.Select(e => string.Create(CultureInfo.InvariantCulture,
            $"{verb} element {table} {e.Map} {{ {e.Key}{(verb == "add" ? $" : jump {e.Chain}{user}" : "")} }}\n")));
    }

    private static string Table(UserRange range) => string.Join(' ', NetworkRules.Table(range));
}
