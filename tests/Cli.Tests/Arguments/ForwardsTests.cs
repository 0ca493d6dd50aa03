using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Cli.Tests.Arguments;

public sealed class ForwardsTests
{
    [Theory]
    [InlineData("80", null, 80, "tcp")]
    [InlineData("8080:80", 8080, 80, "tcp")]
    [InlineData("53/udp", null, 53, "udp")]
    [InlineData("5353:53/udp", 5353, 53, "udp")]
    [InlineData("8080:80/tcp", 8080, 80, "tcp")]
    public void Forwards_are_read(string text, int? host, int guest, string protocol)
        => Forwards.Parse(text).ShouldBe(new ForwardRequest { HostPort = host, GuestPort = guest, Protocol = protocol });

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("a:80")]
    [InlineData("1:2:3")]
    [InlineData("80/icmp")]
    [InlineData("80/udp/tcp")]
    [InlineData("+80")]
    public void What_is_no_forward_is_refused(string text)
        => Should.Throw<WarrenException>(() => Forwards.Parse(text)).Problem.Errors!.Keys.ShouldBe(["--forward"]);

    [Fact]
    public void A_data_disk_is_a_size_or_a_path()
    {
        DataDisks.Parse("5G").ShouldBe(new DataDiskSpec { SizeGiB = 5 });
        DataDisks.Parse("/srv/a.qcow2").ShouldBe(new DataDiskSpec { Path = "/srv/a.qcow2" });
        DataDisks.Parse("a/../b.raw").Path.ShouldBe(Path.Combine(Directory.GetCurrentDirectory(), "b.raw"));
    }
}
