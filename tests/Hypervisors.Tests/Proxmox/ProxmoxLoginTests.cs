using Hypervisors.Tests.Proxmox.Server;
using Warren.Hypervisors;
using Warren.Hypervisors.Proxmox;

namespace Hypervisors.Tests.Proxmox;

/// <summary>Who we are, and who the server is.</summary>
public sealed class ProxmoxLoginTests : ProxmoxSession
{
    private ProxmoxOptions ByPassword => Server.Options("pve1") with { Token = null, User = FakeProxmox.User, Password = FakeProxmox.Password };

    [Fact]
    public async Task A_ticket_serves_every_call_and_one_that_is_refused_is_renewed_once()
    {
        Put("m1", 100);
        var driver = Driver(ByPassword);
        await driver.StartAsync(Define("m1"), Cancellation);
        await driver.KillAsync("m1", Cancellation);
        Server.Logins.ShouldBe(1);
        Server.ExpireTickets();
        await driver.StartAsync(Define("m1"), Cancellation);
        Server.Logins.ShouldBe(2);
        await using var screen = await driver.Screen!.OpenRfbAsync("m1", Cancellation);
        (await screen.ReadAsync(new byte[12], Cancellation)).ShouldBe(12);
    }

    [Fact]
    public async Task A_ticket_that_is_an_hour_old_is_renewed_before_it_is_refused()
    {
        var clock = new ManualClock();
        var driver = Driver(ByPassword, clock);
        await driver.ListAsync(Cancellation);
        clock.Advance(TimeSpan.FromMinutes(59));
        await driver.ListAsync(Cancellation);
        Server.Logins.ShouldBe(1);
        clock.Advance(TimeSpan.FromMinutes(2));
        await driver.ListAsync(Cancellation);
        Server.Logins.ShouldBe(2);
    }

    [Fact]
    public async Task A_wrong_password_and_a_wrong_token_are_Rejected_and_not_repeated_to_anybody()
    {
        const string Wrong = "f0000000-0000-4000-8000-00000000000f";
        var byPassword = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver(ByPassword with { Password = Wrong }).ListAsync(Cancellation));
        var byToken = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver(Server.Options() with { Token = "warren@pve!tests=" + Wrong }).ListAsync(Cancellation));
        byPassword.ToString().ShouldNotContain(Wrong);
        byToken.ToString().ShouldNotContain(Wrong);
    }

    [Fact]
    public async Task Only_the_pinned_certificate_or_the_stated_authority_is_believed()
    {
        var pinned = Server.Options("pve1");
        await Driver(pinned).ListAsync(Cancellation);
        await Driver(pinned with { Fingerprint = null, Authority = Server.Certificate.ExportCertificatePem() }).ListAsync(Cancellation);
        await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver(pinned with { Fingerprint = null }).ListAsync(Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver(pinned with { Fingerprint = new string('0', 64) }).ListAsync(Cancellation));
        await using var other = await FakeProxmox.StartAsync();
        await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver(pinned with { Fingerprint = null, Authority = other.Certificate.ExportCertificatePem() }).ListAsync(Cancellation));
        Server.Seen.Count.ShouldBe(2, "the others sent nothing, least of all a token");
    }

    [Theory]
    [InlineData("address", "http://pve:8006"), InlineData("address", "https://pve:8006/x"), InlineData("token", "root@pam"), InlineData("token", "a@b!c=0123456789\r\nX: y")]
    [InlineData("fingerprint", "AA:BB"), InlineData("ca", "no certificate"), InlineData("nodes:0", "../x"), InlineData("storage", "a,b"), InlineData("bridge", "vmbr0,tag=1")]
    [InlineData("pool", "a&b"), InlineData("vmids", "99-200"), InlineData("vmids", "300-200"), InlineData("timeout", "0"), InlineData("password", "x")]
    public void A_wrong_setting_is_Rejected_by_its_name(string name, string value)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["address"] = "https://pve:8006", ["token"] = FakeProxmox.Token, [name] = value };
        var failure = Should.Throw<HypervisorException>(() => ProxmoxKind.Options(new HostConnection { Host = "h", Folder = "/f", Settings = settings }));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
        failure.Message.ShouldStartWith("settings.");
        if (name is "token") failure.Message.ShouldNotContain(value);
    }

    [Fact]
    public void The_settings_that_are_named_are_read()
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["address"] = "https://pve:8006", ["user"] = "warren@pve", ["password"] = "p", ["nodes:0"] = "pve1", ["vmids"] = "5000-5999", ["fingerprint"] = string.Join(':', Enumerable.Repeat("ab", 32)),
        };
        var options = ProxmoxKind.Options(new HostConnection { Host = "h", Folder = "/f", Settings = settings });
        (options.Vmids, options.Nodes.Single(), options.Fingerprint).ShouldBe(((5000, 5999), "pve1", string.Concat(Enumerable.Repeat("AB", 32))));
    }
}
