using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Cli.Tests.Ssh;

public sealed class SshArgumentsTests
{
    private static readonly SshAddress s_address = new("127.0.0.1", 20001, "debian");

    [Fact]
    public void Everything_is_an_argument_of_its_own()
        => SshArguments.Build(s_address, "warren-m1", "/home/u/.config/warren/machines/m1/known_hosts", ["/k/default"], onlyThese: true, null, ["echo", "a b", "$HOME"]).ShouldBe(
        [
            "-p", "20001", "-l", "debian", "-i", "/k/default", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
            "-o", "UserKnownHostsFile=/home/u/.config/warren/machines/m1/known_hosts", "-o", "HostKeyAlias=warren-m1", "-o", "LogLevel=ERROR",
            "--", "127.0.0.1", "echo", "a b", "$HOME",
        ]);

    [Fact]
    public void Without_keys_of_its_own_ssh_offers_the_users()
    {
        var arguments = SshArguments.Build(s_address, "m1", "/k", [], onlyThese: false, null, []);
        arguments.ShouldNotContain("-i");
        arguments.ShouldNotContain("IdentitiesOnly=yes");
        arguments[^1].ShouldBe("127.0.0.1");
    }

    [Fact]
    public void A_path_with_blanks_and_percent_signs_stays_one_path()
        => SshArguments.Build(s_address, "m1", "/my home/100%/known_hosts", [], false, null, []).ShouldContain("UserKnownHostsFile=\"/my home/100%%/known_hosts\"");

    [Fact]
    public void A_host_that_looks_like_an_option_is_none()
    {
        var arguments = SshArguments.Build(new SshAddress("-oProxyCommand=x", 22, "u"), "m1", "/k", [], false, null, []).ToList();
        arguments.IndexOf("--").ShouldBe(arguments.IndexOf("-oProxyCommand=x") - 1);
    }
}
