using Warren.Hypervisors;
using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>Lists of destinations and limits of bandwidth, as text; what a guest then reaches is the end-to-end tests' to show.</summary>
public sealed class EgressRulesTests
{
    private const string Table = "inet warren-2140000000";

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7"), InlineData("203.0.113.7/32", "203.0.113.7"), InlineData("203.0.113.77/24", "203.0.113.0/24"), InlineData("0.0.0.0/0:443", "0.0.0.0/0:443")]
    [InlineData("203.0.113.7:443", "203.0.113.7:443"), InlineData("203.0.113.7:443-443/tcp", "203.0.113.7:443/tcp"), InlineData("203.0.113.0/24:8000-8100/udp", "203.0.113.0/24:8000-8100/udp")]
    [InlineData("203.0.113.7/tcp", "203.0.113.7/tcp"), InlineData("203.0.113.0/24/udp", "203.0.113.0/24/udp"), InlineData("names", "names")]
    [InlineData("2001:DB8:0::1", "2001:db8::1"), InlineData("[2001:db8::1]", "2001:db8::1"), InlineData("[2001:db8::1]:443/tcp", "[2001:db8::1]:443/tcp"), InlineData("2001:db8::5/32/udp", "2001:db8::/32/udp")]
    [InlineData("[2001:db8::/32]:53", "[2001:db8::/32]:53"), InlineData("::/0", "::/0"), InlineData("2001:db8::1:443", "2001:db8::1:443")]
    public void An_entry_is_read_and_has_one_way_to_be_written(string text, string canonical)
    {
        GuestDestination.Read(text)!.ToString().ShouldBe(canonical);
        GuestDestination.Read(canonical)!.ToString().ShouldBe(canonical);
    }

    [Theory]
    [InlineData(""), InlineData(null), InlineData("example.org"), InlineData("example.org:443"), InlineData("203.0.113"), InlineData("203.0.113.7/33"), InlineData("203.0.113.007"), InlineData("256.1.1.1")]
    [InlineData("203.0.113.7:0"), InlineData("203.0.113.7:65536"), InlineData("203.0.113.7:90-80"), InlineData("203.0.113.7:"), InlineData("203.0.113.7:443/sctp"), InlineData("203.0.113.7:443 "), InlineData(" 203.0.113.7")]
    [InlineData("2001:db8::/32:443"), InlineData("[203.0.113.7]:443"), InlineData("[2001:db8::1"), InlineData("2001:db8::1%eth0"), InlineData("2001:db8::/129"), InlineData("Names"), InlineData("names:53")]
    [InlineData("203.0.113.7 accept"), InlineData("203.0.113.7\nadd rule inet x"), InlineData("203.0.113.7; flush ruleset"), InlineData("203.0.113.7}"), InlineData("203.0.113.7\n"), InlineData("203.0.113.7:443-"), InlineData("-203.0.113.7")]
    [InlineData("٢٠٣.0.113.7")]
    public void What_is_none_is_refused(string? text)
    {
        GuestDestination.Read(text).ShouldBeNull();
        var definition = DefinitionRulesTests.Good with { NetworkMode = GuestNetworkMode.Internet, Egress = [text!] };
        Should.Throw<HypervisorException>(() => DefinitionRules.Check(definition)).Message.ShouldStartWith("egress must be like");
    }

    [Theory]
    [InlineData("10.0.0.5", true), InlineData("192.168.0.0/16:80", true), InlineData("169.254.169.254", true), InlineData("127.0.0.1:22", true), InlineData("fe80::1", true), InlineData("::ffff:203.0.113.7", true)]
    [InlineData("0.0.0.0/0", false), InlineData("192.0.0.0/8", false), InlineData("203.0.113.7", false), InlineData("::/0", false), InlineData("names", false), InlineData("2001:db8::/32", false)]
    public void What_lies_wholly_inside_is_known(string text, bool inside) => GuestDestination.Read(text)!.IsInside.ShouldBe(inside);

    [Fact]
    public void A_list_is_a_chain_of_its_own_and_opens_nothing_else()
    {
        string[] list = ["203.0.113.7:443", "203.0.113.0/24:80-90/tcp", "198.51.100.1", "198.51.100.2/udp", "[2001:db8::1]:443/udp"];
        var rules = NetworkRules.Of(UserRange.Default, 2140000007, new GuestReach(GuestNetworkMode.Internet, list));
        rules.Split('\n').Where(l => l.StartsWith("add rule", StringComparison.Ordinal)).ShouldBe(
        [
            $"add rule {Table} m2140000007 ip daddr 203.0.113.7/32 meta l4proto {{ tcp, udp }} th dport 443-443 accept",
            $"add rule {Table} m2140000007 ip daddr 203.0.113.0/24 tcp dport 80-90 accept",
            $"add rule {Table} m2140000007 ip daddr 198.51.100.1/32 accept",
            $"add rule {Table} m2140000007 ip daddr 198.51.100.2/32 meta l4proto udp accept",
            $"add rule {Table} m2140000007 ip6 daddr 2001:db8::1/128 udp dport 443-443 accept",
        ]);
        rules.ShouldContain($"add element {Table} listed {{ 2140000007 : jump m2140000007 }}");
        rules.ShouldContain($"flush chain {Table} m2140000007");
        foreach (var set in new[] { "lan", "outside", "names", "isolated" }) rules.ShouldContain($"delete element {Table} {set} {{ 2140000007 }}");
    }

    [Fact]
    public void Names_are_asked_with_a_list_only_if_it_says_so()
    {
        var rules = NetworkRules.Of(UserRange.Default, 2140000007, new GuestReach(GuestNetworkMode.Internet, ["203.0.113.7", "names"]));
        rules.ShouldNotContain($"delete element {Table} names");
        rules.ShouldContain($"delete element {Table} outside");
    }

    [Fact]
    public void A_list_that_cannot_be_read_opens_nothing()
    {
        var rules = NetworkRules.Of(UserRange.Default, 2140000007, new GuestReach(GuestNetworkMode.Internet, ["203.0.113.7 accept"]));
        rules.ShouldContain($"delete element {Table} outside {{ 2140000007 }}");
        rules.ShouldNotContain("accept");
    }

    [Fact]
    public void Whoever_nothing_is_said_of_comes_nowhere_and_a_list_comes_after_what_is_inside()
    {
        var rules = NetworkRules.All(UserRange.Default, []);
        var confined = rules.Split('\n').Where(l => l.StartsWith($"add rule {Table} confined", StringComparison.Ordinal)).ToList();
        confined[^1].ShouldEndWith("confined reject with icmpx type admin-prohibited");
        confined[^2].ShouldEndWith("meta skuid vmap @listed");
        confined.FindIndex(l => l.Contains("10.0.0.0/8", StringComparison.Ordinal)).ShouldBeInRange(0, confined.Count - 4);
        NetworkRules.Without(UserRange.Default, 2140000007).ShouldContain($"delete chain {Table} m2140000007");
        NetworkRules.Members("table inet w {\n\tmap listed {\n\t\ttype uid : verdict\n\t\telements = { 2140000005 : jump m2140000005, 2140000007 : jump m2140000007 }\n\t}\n}\n")
            .ShouldBe([2140000005u, 2140000007u]);
    }

    [Fact]
    public void A_limit_is_of_bytes_in_both_directions_and_goes_with_its_machine()
    {
        var rules = BandwidthRules.Of(UserRange.Default, 2140000007, 8);
        foreach (var way in new[] { "s2140000007", "r2140000007" })
        {
            rules.ShouldContain($"add limit {Table} {way} {{ rate over 1000000 bytes/second burst 131072 bytes ; }}");
            rules.ShouldContain($"add rule {Table} {way} limit name \"{way}\" drop");
        }

        rules.ShouldNotContain("delete", Case.Sensitive, "what was used stays counted");
        rules.ShouldContain($"add rule {Table} s2140000007 ct direction reply ct mark set {2140000007 ^ 0x80000000}");
        BandwidthRules.Of(UserRange.Default, 2140000007, 100_000).ShouldContain("over 12500000000 bytes/second");
        BandwidthRules.Of(UserRange.Default, 2140000007, null).ShouldBeEmpty();
        BandwidthRules.Without(UserRange.Default, 2140000007).ShouldContain($"delete chain {Table} r2140000007");
    }
}
