using System.Runtime.Versioning;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary>With a program in ssh's place that writes down its arguments.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SshVerbTests
{
    private static readonly Machine s_ready = Given.Machine() with
    {
        Ssh = new SshAddress("127.0.0.1", 20001, "debian"),
        Readiness = Given.Ready(ReadinessRung.Process, ReadinessRung.Ssh),
    };

    [Fact]
    public async Task Arguments_go_through_unchanged_and_the_exit_code_comes_back()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready));
        using var shell = new Shell(server.Url);
        var seen = InPlaceOfSsh(shell, exitCode: 7);
        (await shell.RunAsync("ssh", "web", "--", "printf", "%s", "a b", "--format", "json")).ShouldBe(7);
        var arguments = (await File.ReadAllTextAsync(seen)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        arguments[^6..].ShouldBe(["127.0.0.1", "printf", "%s", "a b", "--format", "json"]);
        arguments.ShouldContain("UserKnownHostsFile=" + Path.Combine(shell.Home, ".config", "warren", "machines", "m-web", "known_hosts"));
    }

    [Fact]
    public async Task The_key_that_this_program_put_in_is_the_only_one_offered()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready));
        using var shell = new Shell(server.Url);
        var keys = Directory.CreateDirectory(Path.Combine(shell.Home, ".config", "warren", "keys")).FullName;
        await File.WriteAllTextAsync(Path.Combine(keys, "default"), "x");
        await File.WriteAllTextAsync(Path.Combine(keys, "other"), "x");
        new Warren.Cli.Ssh.MachineFolder(Path.Combine(shell.Home, ".config", "warren"), "m-web").RememberKeys(["other"]);
        var seen = InPlaceOfSsh(shell, exitCode: 0);
        (await shell.RunAsync("ssh", "web")).ShouldBe(0);
        var arguments = (await File.ReadAllTextAsync(seen)).Split('\0').ToList();
        arguments[arguments.IndexOf("-i") + 1].ShouldBe(Path.Combine(keys, "other"));
        arguments.Count(a => a == "-i").ShouldBe(1);
        arguments.ShouldContain("IdentitiesOnly=yes");
    }

    [Fact]
    public async Task A_guest_whose_greeting_was_not_heard_is_tried_all_the_same()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready with
        {
            Readiness = Given.Ready(ReadinessRung.Process, ReadinessRung.Agent, ReadinessRung.CloudInit),
        }));
        using var shell = new Shell(server.Url);
        InPlaceOfSsh(shell, exitCode: 255);
        (await shell.RunAsync("ssh", "web", "true")).ShouldBe(255);
    }

    [Fact]
    public async Task An_ephemeral_machine_is_a_new_host_at_each_start()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready with { Spec = s_ready.Spec with { Ephemeral = true } }));
        using var shell = new Shell(server.Url);
        var seen = InPlaceOfSsh(shell, exitCode: 0);
        (await shell.RunAsync("ssh", "web")).ShouldBe(0);
        (await File.ReadAllTextAsync(seen)).ShouldContain($"HostKeyAlias=warren-m-web-{Given.Noon.ToUnixTimeSeconds()}");
    }

    [Fact]
    public async Task A_guest_that_lives_in_memory_is_a_new_host_at_each_start()
    {
        var image = new Image
        {
            Id = "i", Name = "debian-12", Owner = "owner", Project = "default", State = ImageState.Ready, Source = "recipe:debian-12",
            Verification = new ImageVerification("built-here", "built-here", false), CreatedAt = Given.Noon, Features = ["ssh", "stateless"],
        };
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready).Get("/images/{i}", () => image));
        using var shell = new Shell(server.Url);
        var seen = InPlaceOfSsh(shell, exitCode: 0);
        (await shell.RunAsync("ssh", "web")).ShouldBe(0);
        (await File.ReadAllTextAsync(seen)).ShouldContain($"HostKeyAlias=warren-m-web-{Given.Noon.ToUnixTimeSeconds()}");
    }

    [Fact]
    public async Task A_host_key_is_forgotten_when_asked()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready));
        using var shell = new Shell(server.Url);
        InPlaceOfSsh(shell, exitCode: 0);
        var folder = new Warren.Cli.Ssh.MachineFolder(Path.Combine(shell.Home, ".config", "warren"), "m-web");
        folder.Create();
        await File.WriteAllTextAsync(folder.KnownHosts, "old");
        (await shell.RunAsync("ssh", "web")).ShouldBe(0);
        File.Exists(folder.KnownHosts).ShouldBeTrue();
        (await shell.RunAsync("ssh", "--forget-host-key", "web")).ShouldBe(0);
        File.Exists(folder.KnownHosts).ShouldBeFalse();
    }

    [Fact]
    public async Task A_machine_that_is_off_or_mute_is_told()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", (string m) =>
            m == "off" ? Given.Machine("off", MachineState.Stopped) : Given.Machine("mute") with { Image = "tiny" }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("ssh", "off")).ShouldBe(6);
        (await shell.RunAsync("ssh", "mute")).ShouldBe(1);
        shell.Error.ShouldBe("""
            warren: off is stopped: start it with `warren start off`
            warren: the image tiny of mute does not speak SSH: use `warren console mute`

            """);
    }

    [Fact]
    public async Task Through_the_server_when_asked_and_without_a_forward_once_somebody_greets()
    {
        var tries = 0;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/machines/{m}", (string m) => m == "web" ? s_ready : s_ready with { Id = "m-" + m, Name = m, Ssh = null })
            .Get("/images/{i}", () => Given.Image("debian-12", "ssh") with { DefaultUser = "debian" })
            .Get("/machines/{m}/ports/22", async (HttpContext http) =>
            {
                if (++tries == 1)
                {
                    await LittleServer.Refuse("port-closed", 409, "Nobody listens.").ExecuteAsync(http);
                    return;
                }

                using var socket = await http.WebSockets.AcceptWebSocketAsync();
                await socket.SendAsync("SSH-2.0-x"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Binary, endOfMessage: true, TestContext.Current.CancellationToken);
                await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken);
            }));
        using var shell = new Shell(server.Url);
        var seen = InPlaceOfSsh(shell, exitCode: 0);
        (await shell.RunAsync("ssh", "--tunnel", "web", "true")).ShouldBe(0, shell.Error);
        var arguments = (await File.ReadAllTextAsync(seen)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var proxy = $"ProxyCommand=warren tunnel --quiet --stdio --server {server.Url.ToString().TrimEnd('/')} -- m-web 22";
        arguments.ShouldContain(proxy);
        arguments[^3..].ShouldBe(["--", "web.warren", "true"]);
        tries.ShouldBe(0, "the server has heard it greet already");

        (await shell.RunAsync("ssh", "bare")).ShouldBe(0, shell.Error);
        arguments = (await File.ReadAllTextAsync(seen)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        arguments.ShouldContain(proxy.Replace("m-web", "m-bare", StringComparison.Ordinal));
        arguments[(Array.IndexOf(arguments, "-l") + 1)..][0].ShouldBe("debian");
        tries.ShouldBe(2);

        (await shell.RunAsync("ssh", "web")).ShouldBe(0);
        (await File.ReadAllTextAsync(seen)).ShouldNotContain("ProxyCommand", Case.Sensitive, "its forward is on this computer");
        (await shell.RunAsync("ssh", "--tunnel", "--direct", "web")).ShouldBe(2);
    }

    [Fact]
    public async Task A_missing_ssh_is_told()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_ready));
        using var shell = new Shell(server.Url);
        shell.Variables["WARREN_SSH"] = Path.Combine(shell.Home, "no-such-ssh");
        (await shell.RunAsync("ssh", "web")).ShouldBe(1);
        shell.Error.ShouldContain("no-such-ssh cannot be started");
    }

    private static string InPlaceOfSsh(Shell shell, int exitCode)
    {
        var script = Path.Combine(shell.Home, "ssh");
        var seen = Path.Combine(shell.Home, "arguments");
        File.WriteAllText(script, $"#!/bin/sh\nprintf '%s\\0' \"$@\" > '{seen}'\nexit {exitCode}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        shell.Variables["WARREN_SSH"] = script;
        return seen;
    }
}
