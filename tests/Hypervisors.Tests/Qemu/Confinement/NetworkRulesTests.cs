using System.Net;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>Rules as text; whether the kernel heeds them is the end-to-end tests' to show, from inside a guest.</summary>
public sealed class NetworkRulesTests
{
    [Theory]
    [InlineData("10.0.0.1"), InlineData("100.64.0.1"), InlineData("100.100.100.200"), InlineData("127.0.0.1"), InlineData("127.255.255.255"), InlineData("168.63.129.16")]
    [InlineData("169.254.169.254"), InlineData("172.16.0.1"), InlineData("172.31.255.255"), InlineData("192.168.255.1"), InlineData("0.0.0.0"), InlineData("224.0.0.251"), InlineData("255.255.255.255")]
    [InlineData("::1"), InlineData("::"), InlineData("fd00:ec2::254"), InlineData("fe80::1"), InlineData("64:ff9b::a00:1"), InlineData("2002:a00:1::"), InlineData("ff02::1"), InlineData("fec0::2")]
    public void Inside(string address) => IsInside(address).ShouldBeTrue();

    [Theory]
    [InlineData("1.1.1.1"), InlineData("9.255.255.255"), InlineData("11.0.0.0"), InlineData("100.63.255.255"), InlineData("100.128.0.0"), InlineData("172.15.255.255"), InlineData("172.32.0.0"), InlineData("198.51.100.7")]
    [InlineData("203.0.113.7"), InlineData("223.255.255.255"), InlineData("2606:4700::1111"), InlineData("2001:db8::1")]
    public void Outside(string address) => IsInside(address).ShouldBeFalse();

    [Fact]
    public void Whoever_is_not_in_lan_is_confined_and_names_come_before_what_is_refused()
    {
        var rules = NetworkRules.All(UserRange.Default, [IPAddress.Parse("192.168.1.1"), IPAddress.Parse("fd00::53")]);
        rules.ShouldContain("meta skuid 2140000001-2140999999 meta skuid != @lan goto confined");
        rules.ShouldContain("resolvers ip daddr 192.168.1.1 udp dport 53 accept");
        rules.ShouldContain("ip6 daddr fd00::53 tcp dport 53 accept");
        rules.IndexOf("@names jump resolvers", StringComparison.Ordinal).ShouldBeLessThan(rules.IndexOf("192.168.0.0/16", StringComparison.Ordinal));
        rules.IndexOf("@isolated", StringComparison.Ordinal).ShouldBeLessThan(rules.IndexOf("@names jump", StringComparison.Ordinal), "the isolated ask for no names");
        rules.ShouldContain("::ffff:0:0/96", Case.Sensitive, "IPv4 in IPv6 is none of .NET's networks, and so not among the addresses above");
        rules.ShouldNotContain("flush table");
        NetworkRules.All(new UserRange(3_000_000_000, 3_000_000_009), []).ShouldNotContain("inet warren-2140000000", Case.Sensitive, "another range's is another server's");
        rules.ShouldNotContain("flush ruleset");
    }

    [Theory]
    [InlineData(GuestNetworkMode.Lan, true, false), InlineData(GuestNetworkMode.Isolated, false, true), InlineData(GuestNetworkMode.Internet, false, false)]
    public void A_machine_is_in_the_set_of_its_mode_and_in_no_other(GuestNetworkMode mode, bool lan, bool isolated)
    {
        var rules = NetworkRules.Of(UserRange.Default, 2140000007, new GuestReach(mode));
        rules.Contains("delete element inet warren-2140000000 lan { 2140000007 }", StringComparison.Ordinal).ShouldBe(!lan);
        rules.Contains("delete element inet warren-2140000000 isolated { 2140000007 }", StringComparison.Ordinal).ShouldBe(!isolated);
        foreach (var set in new[] { "outside", "names" })
            rules.Contains($"delete element inet warren-2140000000 {set} {{ 2140000007 }}", StringComparison.Ordinal).ShouldBe(lan || isolated, set);
        rules.ShouldNotContain("chain");
    }

    [Fact]
    public void Sets_and_name_servers_are_read_as_the_programs_write_them()
    {
        NetworkRules.Members("table inet warren {\n\tset lan {\n\t\ttype uid\n\t\telements = { 2140000005, 2140000007,\n\t\t\t     2140000009 }\n\t}\n}\n").ShouldBe([2140000005u, 2140000007u, 2140000009u]);
        NetworkRules.Members("table inet warren {\n\tset lan {\n\t\ttype uid\n\t}\n}\n").ShouldBeEmpty();
        NetworkRules.Resolvers("# a comment\nsearch x\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\nnameserver no\n").ShouldBe([IPAddress.Parse("127.0.0.53"), IPAddress.Parse("fe80::1")]);
    }

    [Theory]
    [InlineData("off", false), InlineData("2000000000-2000000999", true)]
    public void A_range_of_users_is_read(string text, bool isRange) => (UserRange.Parse(text) is not null).ShouldBe(isRange);

    [Theory]
    [InlineData(""), InlineData("1000-2000"), InlineData("70000"), InlineData("80000-70000"), InlineData("70000-4294967295"), InlineData("a-b")]
    public void What_is_no_range_of_users_is_refused(string text) =>
        Should.Throw<HypervisorException>(() => UserRange.Parse(text)).Message.ShouldStartWith("settings.users must be");

    private static bool IsInside(string text)
    {
        var address = IPAddress.Parse(text);
        return GuestDestination.Inside4.Concat(GuestDestination.Inside6).Select(IPNetwork.Parse).Any(n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));
    }
}
