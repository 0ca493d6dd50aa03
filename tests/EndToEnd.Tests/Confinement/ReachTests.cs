using System.Net;
using System.Text.Json;
using EndToEnd.Tests.Running;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Confinement;

/// <summary>What a guest reaches, asked from inside of it, in each network mode. The table that comes out is the one in the documentation.</summary>
public sealed class ReachTests
{
    private static readonly string[] s_modes = ["isolated", "internet", "lan"];

    [Fact]
    public async Task A_guest_reaches_what_the_table_says_and_nothing_else()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "guests' networks are kept apart where the server is root");
        using var service = Outside.Serve(IPAddress.Any, 0);
        var port = ((IPEndPoint)service.LocalEndpoint).Port;
        await using var outside = await Outside.MakeAsync(port);
        await using var bed = await TestBed.CreateAsync();
        await bed.StartAsync();
        await bed.StoreTinyAsync();
        foreach (var mode in s_modes) await bed.Warren.RunAsync("launch", "tiny", "--name", mode, "--cpus", "1", "--memory", "128", "--network-mode", mode);
        foreach (var mode in s_modes) await bed.Warren.RunAsync("wait", mode, "--for", "ssh");
        using var client = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(bed.Data, "client.json")));
        var api = new Uri(client.RootElement.GetProperty("url").GetString()!).Port;

        var reached = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var mode in s_modes)
        {
            (await bed.InfoAsync(mode)).Spec.NetworkMode.ToString().ShouldBe(mode, StringCompareShould.IgnoreCase);
            var other = (await bed.InfoAsync(mode == "isolated" ? "internet" : "isolated")).Ssh!.Port;
            foreach (var (what, test) in Targets(outside, port, api, other))
                (reached.TryGetValue(what, out var row) ? row : reached[what] = []).Add(await bed.SshAsync(mode, test) == "0" ? "no" : "yes");
        }

        string[] table = ["| from inside the guest | isolated | internet | lan |", "|---|---|---|---|", .. reached.Select(r => $"| {r.Key} | {string.Join(" | ", r.Value)} |")];
        foreach (var line in table) TestContext.Current.TestOutputHelper!.WriteLine(line);
        var documented = (await File.ReadAllLinesAsync(Path.Combine(Clone.Root, "docs", "confinement.md"))).SkipWhile(l => l != table[0]).TakeWhile(l => l.StartsWith('|'));
        documented.ShouldBe(table);

        var users = new List<uint>();
        foreach (var mode in s_modes) users.Add(await UserAsync((await bed.InfoAsync(mode)).ProcessId!.Value));
        users.Distinct().Count().ShouldBe(3, "each has a user of its own");
        (await SetsAsync()).ShouldContain($"{users[2]}");
        foreach (var mode in s_modes) await bed.Warren.RunAsync("delete", mode);
        var left = await SetsAsync();
        foreach (var user in users) left.ShouldNotContain($"{user}", Case.Sensitive, "rules go with their machine");
    }

    /// <summary>What is tried, and a command that prints 0 when it is not reached.</summary>
    private static IEnumerable<(string What, string Test)> Targets(Outside outside, int port, int api, int forward) =>
    [
        ("a service on the host's loopback (10.0.2.2)", Connect("10.0.2.2", port)),
        ("Warren's own API (10.0.2.2)", Connect("10.0.2.2", api)),
        ("another guest's forward (10.0.2.2)", Connect("10.0.2.2", forward)),
        ("the host's own address in the LAN", Connect($"{outside.HostAddress}", port)),
        ("a neighbour in the LAN (192.168.0.0/16)", Connect($"{outside.Neighbour}", port)),
        ("a link-local address (169.254.0.0/16, where clouds have metadata)", Connect($"{outside.LinkLocal}", port)),
        ("a host on the outside (203.0.113.0/24)", Connect($"{outside.Far}", port)),
        ("names (10.0.2.3)", "nslookup warren.test 10.0.2.3 2>&1 | grep -c NXDOMAIN || true"),
    ];

    internal static string Connect(string address, int port) =>
        // A web server that is hung up on says nothing any more.
        $@"{{ printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'; sleep 1; }} | nc -w 3 {address} {port} 2>/dev/null | head -c 1 | wc -c";

    private static async Task<uint> UserAsync(int pid) =>
        uint.Parse((await File.ReadAllLinesAsync($"/proc/{pid}/status")).Single(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], null);

    private static async Task<string> SetsAsync() => await new CommandRunner().RequireAsync(new Command("nft", "list", "table", "inet", "warren-2140000000"));
}
