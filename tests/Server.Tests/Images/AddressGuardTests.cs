using System.Net;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.0.9")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2002:a00:1::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:db8::1")]
    [InlineData("2a00:1450::5efe:10.0.0.1")]
    [InlineData("100::1")]
    public void Addresses_that_are_not_public_are_refused(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2a00:1450:4001::1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2002:808:808::1")]
    public void Public_addresses_pass(string address) => AddressGuard.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("file:///etc/passwd", ImageErrors.UrlRefused)]
    [InlineData("ftp://example.org/a", ImageErrors.UrlRefused)]
    [InlineData("http://user:secret@example.org/a", ImageErrors.UrlRefused)]
    [InlineData("http://127.0.0.1/a", ImageErrors.AddressRefused)]
    [InlineData("http://2130706433/a", ImageErrors.AddressRefused)]
    [InlineData("http://0x7f.1/a", ImageErrors.AddressRefused)]
    [InlineData("http://[::1]/a", ImageErrors.AddressRefused)]
    [InlineData("http://[::ffff:10.0.0.1]/a", ImageErrors.AddressRefused)]
    [InlineData("http://localhost/a", ImageErrors.AddressRefused)]
    [InlineData("http://x.localhost./a", ImageErrors.AddressRefused)]
    public void Urls_are_refused_by_rule(string url, string code) =>
        Should.Throw<ImageException>(() => new AddressGuard(false, []).CheckUrl(new Uri(url))).Code.ShouldBe(code);

    [Fact]
    public void An_allowed_host_passes_and_its_neighbour_does_not()
    {
        var guard = new AddressGuard(false, ["mirror.lan", "[::1]"]);
        guard.Allows("MIRROR.lan.", IPAddress.Parse("10.0.0.1")).ShouldBeTrue();
        guard.Allows("other.lan", IPAddress.Parse("10.0.0.1")).ShouldBeFalse();
        Should.NotThrow(() => guard.CheckUrl(new Uri("http://[::1]/a")));
    }
}
