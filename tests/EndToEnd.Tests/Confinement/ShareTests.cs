using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EndToEnd.Tests.Running;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Confinement;

/// <summary>A list of destinations, and limits of network and disks, asked from inside of guests: one that has them, one that has none, and a fork of the first.</summary>
public sealed class ShareTests
{
    private const int Much = 4 << 20, Mbps = 4, DiskMiB = 24, DiskMiBps = 8, Forwarded = 7777;

    /// <summary>Other users than those of other servers on this host, and so a table of its own.</summary>
    private const string Users = "2150000000-2150000999", Table = "warren-2150000000";

    [Fact]
    public async Task A_guest_reaches_what_is_listed_and_uses_what_it_may_and_so_does_its_fork()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "guests' networks are kept apart where the server is root");
        using var one = Outside.Serve(IPAddress.Any, 0);
        using var two = Outside.Serve(IPAddress.Any, 0);
        using var three = Outside.Serve(IPAddress.Any, 0);
        using var four = Outside.Serve(IPAddress.Any, 0);
        var (port, other, unlisted, much) = (PortOf(one), PortOf(two), PortOf(three), PortOf(four));
        await using var outside = await Outside.MakeAsync(port, other, unlisted);
        outside.ServeMuch(much, Much);
        await using var bed = await TestBed.CreateAsync();
        await bed.StartAsync($"Qemu:Users={Users}", "Hosts:LookEvery=00:00:01");
        await bed.StoreTinyAsync();
        string[] small = ["--cpus", "1", "--memory", "128", "--data-disk", "1", "--forward", $"{Forwarded}"];
        // All that is inside is in the list, too, at a port.
        await bed.Warren.RunAsync(["launch", "tiny", "--name", "held", .. small, "--egress", $"{outside.Far}:{port}", "--egress", $"0.0.0.0/0:{other}/tcp", "--egress", $"{outside.Far}:{much}",
            "--bandwidth", $"{Mbps}", "--disk-mibps", $"{DiskMiBps}"]);
        await bed.Warren.RunAsync(["launch", "tiny", "--name", "free", .. small]);
        foreach (var name in new[] { "held", "free" }) await bed.Warren.RunAsync("wait", name, "--for", "ssh");

        (string What, string Test, bool Reached)[] table =
        [
            ("the listed address and port", ReachTests.Connect($"{outside.Far}", port), true),
            ("a listed port of every address", ReachTests.Connect($"{outside.Another}", other), true),
            ("another address", ReachTests.Connect($"{outside.Another}", port), false),
            ("another port", ReachTests.Connect($"{outside.Far}", unlisted), false),
            ("the host's loopback, listed", ReachTests.Connect("10.0.2.2", other), false),
            ("the host's own address, listed", ReachTests.Connect($"{outside.HostAddress}", other), false),
            ("a neighbour in the LAN, listed", ReachTests.Connect($"{outside.Neighbour}", other), false),
            ("a link-local address, listed", ReachTests.Connect($"{outside.LinkLocal}", other), false),
            ("names, which are not listed", "nslookup warren.test 10.0.2.3 2>&1 | grep -c NXDOMAIN || true", false),
        ];
        await HoldsAsync(bed, "held", table);
        await HoldsAsync(bed, "free", [.. table.Where(t => t.What.StartsWith("another", StringComparison.Ordinal) || t.What.StartsWith("names", StringComparison.Ordinal)).Select(t => t with { Reached = true })]);

        await NftAsync("delete", "table", "inet", Table);
        await Eventually.TrueAsync("kept again", async () => (await new CommandRunner().RunAsync(new Command("nft", "list", "map", "inet", Table, "listed"))).Output.Contains("jump", StringComparison.Ordinal));
        await HoldsAsync(bed, "held", table);

        await bed.Warren.RunAsync("fork", "held", "--name", "twin");
        await bed.Warren.RunAsync("wait", "twin", "--for", "ssh");
        await HoldsAsync(bed, "twin", [.. table.Where(t => t.What.Contains("another", StringComparison.Ordinal) || t.Reached)]);

        var rates = new Dictionary<(string, string), double>();
        foreach (var name in new[] { "free", "held" })
        {
            var enough = name == "free" ? Mbps * 2 : Mbps / 4.0;
            rates[(name, "down")] = await RateAsync(enough, Much / 125_000.0, () => SecondsAsync(bed, name, $"nc {outside.Far} {much} </dev/null | wc -c", $"{Much}"));
            rates[(name, "up")] = await RateAsync(enough, Much / 125_000.0, () => SecondsAsync(bed, name, $"dd if=/dev/zero bs=64k count={Much >> 16} 2>/dev/null | nc {outside.Far} {much}", $"{Much}"));
            rates[(name, "out of its forward")] = await RateAsync(enough, Much / 125_000.0, () => FetchAsync(bed, name));
        }

        foreach (var name in new[] { "free", "held", "twin" })
            rates[(name, "disk, MiB/s")] = await RateAsync(name == "free" ? DiskMiBps * 2 : 1, DiskMiB, () => SecondsAsync(bed, name, $"d=$(grep -l data0 /sys/block/vd*/serial | cut -d/ -f4); dd if=/dev/zero of=/dev/$d bs=1M count={DiskMiB} conv=fsync 2>/dev/null; echo $?", "0"));
        foreach (var ((name, what), rate) in rates) TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {what}: {rate:0.0}"));
        foreach (var what in new[] { "down", "up", "out of its forward" })
        {
            rates[("held", what)].ShouldBeInRange(Mbps / 4.0, Mbps * 1.25, what);
            rates[("free", what)].ShouldBeGreaterThan(Mbps * 2, what);
        }

        foreach (var name in new[] { "held", "twin" }) rates[(name, "disk, MiB/s")].ShouldBeInRange(1, DiskMiBps * 1.1, name);
        rates[("free", "disk, MiB/s")].ShouldBeGreaterThan(DiskMiBps * 2);

        foreach (var name in new[] { "held", "free", "twin" }) await bed.Warren.RunAsync("delete", name);
        var left = await NftAsync("list", "table", "inet", Table);
        foreach (var word in new[] { "elements", "limit", "mark set", "jump m" }) left.ShouldNotContain(word, Case.Sensitive, "rules go with their machine");
        await NftAsync("delete", "table", "inet", Table);
    }

    private static async Task HoldsAsync(TestBed bed, string name, IEnumerable<(string What, string Test, bool Reached)> table)
    {
        foreach (var (what, test, reached) in table) (await bed.SshAsync(name, test) != "0").ShouldBe(reached, $"{name}: {what}");
    }

    /// <summary>The highest rate of a few tries: a host that is busy makes a guest slow, and none faster than its limit.</summary>
    private static async Task<double> RateAsync(double enough, double amount, Func<Task<double>> seconds)
    {
        var best = 0.0;
        for (var i = 0; i < 8 && best <= enough; i++) best = Math.Max(best, amount / await seconds());
        return best;
    }

    /// <summary>How long something takes, by the guest's own clock.</summary>
    private static async Task<double> SecondsAsync(TestBed bed, string name, string work, string answer)
    {
        var said = (await bed.SshAsync(name, $"cut -d' ' -f1 /proc/uptime; {work}; echo; cut -d' ' -f1 /proc/uptime")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        said[1].ShouldBe(answer, work);
        return double.Parse(said[2], CultureInfo.InvariantCulture) - double.Parse(said[0], CultureInfo.InvariantCulture);
    }

    /// <summary>How long it takes to get as much out of a guest by its forward, in seconds.</summary>
    private static async Task<double> FetchAsync(TestBed bed, string name)
    {
        await bed.SshAsync(name, $"(head -c {Much} /dev/zero | nc -l -p {Forwarded} >/dev/null 2>&1 &) ; until netstat -ltn | grep -q :{Forwarded}; do sleep 0.1; done");
        var began = Stopwatch.GetTimestamp();
        using var client = new TcpClient("127.0.0.1", (await bed.InfoAsync(name)).Forwards.Single(f => f.GuestPort == Forwarded).HostPort);
        var (buffer, taken) = (new byte[64 << 10], 0);
        while (await client.GetStream().ReadAsync(buffer) is > 0 and var count) taken += count;
        taken.ShouldBe(Much);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static Task<string> NftAsync(params string[] arguments) => new CommandRunner().RequireAsync(new Command("nft", arguments));
}
