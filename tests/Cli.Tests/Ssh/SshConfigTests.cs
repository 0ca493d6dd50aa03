using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Cli.Tests.Ssh;

/// <summary>What is written for ssh is read by the real one: <c>ssh -G</c> shows what it understood.</summary>
[UnsupportedOSPlatform("windows")]
public sealed partial class SshConfigTests
{
    private static readonly Machine s_web = Given.Machine() with { Ssh = new SshAddress("127.0.0.1", 20001, "debian") };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_file_is_private_and_ssh_reads_from_it_what_it_needs()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", () => new Page<Machine>([s_web, Given.Machine("off", MachineState.Failed)], null)));
        using var shell = new Shell(server.Url);
        var config = Path.Combine(shell.Home, ".config", "warren");
        Directory.CreateDirectory(Path.Combine(config, "keys"));
        await File.WriteAllTextAsync(Path.Combine(config, "keys", "k"), "x", Cancellation);
        new MachineFolder(config, "m-web").RememberKeys(["k"]);
        (await shell.RunAsync("ssh-config", "--write")).ShouldBe(0, shell.Error);
        var file = Path.Combine(config, "ssh_config");
        shell.Out.ShouldBe($"{file}: web.warren\n");
        shell.Error.ShouldContain($"Include \"{file}\"");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.EnumerateFiles(config).ShouldBe([file], "nothing is left beside it");

        var understood = await UnderstandAsync(file, "web.warren");
        understood["user"].ShouldBe(["debian"]);
        understood["hostkeyalias"].ShouldBe(["warren-m-web"]);
        understood["userknownhostsfile"].ShouldBe([Path.Combine(config, "machines", "m-web", "known_hosts")]);
        understood["identityfile"].ShouldBe([Path.Combine(config, "keys", "k")]);
        understood["identitiesonly"].ShouldBe(["yes"]);
        understood["stricthostkeychecking"].ShouldBe(["accept-new"]);
        understood["proxycommand"].ShouldBe([$"warren tunnel --quiet --stdio --server {server.Url.ToString().TrimEnd('/')} -- m-web 22"]);
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldNotContain("wrn_test");

        // Once it is included nobody is told to do so again; and it is written anew.
        Directory.CreateDirectory(Path.Combine(shell.Home, ".ssh"));
        await File.WriteAllTextAsync(Path.Combine(shell.Home, ".ssh", "config"), $"Include \"{file}\"\n", Cancellation);
        using var again = new Shell(server.Url);
        again.Variables["XDG_CONFIG_HOME"] = Path.Combine(shell.Home, ".config");
        (await again.RunAsync("ssh-config", "--write")).ShouldBe(0);
    }

    [Fact]
    public async Task A_machine_that_is_shared_goes_by_its_id_and_takes_nobodys_name()
    {
        var (used, seen) = (s_web with { Id = "m-used", Shared = new SharedWithYou(ProjectRole.Member, "ann") }, s_web with { Id = "m-seen", Shared = new SharedWithYou(ProjectRole.Viewer, "ann") });
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", () => Results.Json(new Page<Machine>([used, s_web, seen], null), WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("ssh-config")).ShouldBe(0, shell.Error);
        shell.Out.Split('\n').Where(l => l.StartsWith("Host ", StringComparison.Ordinal)).ShouldBe(["Host m-used.warren", "Host web.warren"]);
        (await shell.RunAsync("list")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("m-used (web of ");
    }

    [Theory]
    [InlineData("web\n    ProxyCommand touch /tmp/x")]
    [InlineData("web *")]
    [InlineData("*")]
    [InlineData("!web")]
    [InlineData("-oProxyCommand=x")]
    [InlineData("we\"b")]
    [InlineData("web$(id)")]
    [InlineData("")]
    public async Task A_hostile_name_user_or_id_makes_no_line(string hostile)
    {
        Machine[] machines = [s_web with { Name = hostile }, s_web with { Ssh = s_web.Ssh! with { User = hostile } }, s_web with { Id = hostile }];
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", () => new Page<Machine>([.. machines, s_web with { Name = "good" }], null)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("ssh-config", "--format", "json")).ShouldBe(0, shell.Error);
        using var said = System.Text.Json.JsonDocument.Parse(shell.Out);
        said.RootElement.GetProperty("hosts").EnumerateArray().Select(h => h.GetString()).ShouldBe(["good.warren"]);
        var config = said.RootElement.GetProperty("config").GetString()!;
        Keywords().Matches(config).Select(m => m.Groups["word"].Value).ShouldBe(["Host", "User", "HostKeyAlias", "UserKnownHostsFile", "StrictHostKeyChecking", "ProxyCommand"]);
    }

    [Theory]
    [InlineData("/opt/my tools/warren")]
    [InlineData("/opt/it's/$(touch x)/`id`/%h/\"q\"/warren")]
    [InlineData("/opt/a;b&c|d>e/*/~/#/warren")]
    public async Task A_path_stays_one_word_through_ssh_and_the_shell(string program)
    {
        var folder = Directory.CreateTempSubdirectory("proxy-").FullName;
        var file = Path.Combine(folder, "config");
        var command = ProxyCommand.Build([program], new Uri("http://user:secret@h:1"), "m1", 22);
        command.ShouldNotContain("secret");
        await File.WriteAllTextAsync(file, SshConfigFile.Block(s_web, "u", "a", "/k", [], false, command), Cancellation);
        var understood = (await UnderstandAsync(file, "web.warren"))["proxycommand"].Single().Replace("%%", "%", StringComparison.Ordinal);
        // What the shell makes of it, one word a line.
        var words = await RunAsync("sh", "-c", $"for word in {understood}; do printf '%s\\n' \"$word\"; done");
        words.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe([program, "tunnel", "--quiet", "--stdio", "--server", "http://h:1", "--", "m1", "22"]);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Paths_that_ssh_would_read_otherwise_are_refused()
    {
        foreach (var path in new[] { "/a\"b", "/a\nb", "/${HOME}/b", "/a\\b" })
            Should.Throw<WarrenException>(() => SshConfigFile.Block(s_web, "u", "a", path, [], false, "x")).Problem.Detail!.ShouldContain("XDG_CONFIG_HOME");
        Should.Throw<WarrenException>(() => ProxyCommand.Build(["/a\nb"], null, "m1", 22));
    }

    private static async Task<ILookup<string, string>> UnderstandAsync(string file, string host)
    {
        var said = await RunAsync("ssh", "-G", "-T", "-F", file, host);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', 2)).Where(p => p.Length == 2).ToLookup(p => p[0], p => p[1], StringComparer.Ordinal);
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
#pragma warning disable RS0030 // A test's own look at what ssh and sh understand.
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
#pragma warning restore RS0030
        var said = await process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        process.ExitCode.ShouldBe(0);
        return said;
    }

    [GeneratedRegex(@"^ *(?<word>[A-Za-z]+) ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Keywords();
}
