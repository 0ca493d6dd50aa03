using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Libvirt;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Live migration between two real daemons that share nothing but a cable.</summary>
[Collection(LibvirtPairCollection.Name)]
public sealed partial class MigrationTests(LibvirtPair pair) : IAsyncLifetime
{
    private const int SecondsToBoot = 240;

    private static readonly string[] s_tables = ["tcp", "tcp6"];

    private readonly MachineDefinition _machine = new()
    {
        Id = "moving",
        Name = "moving",
        MemoryMiB = 192,
        Cpus = 1,
        Boot = new BootMedium("/", "qcow2"),
        DiskGiB = 1,
        MacAddress = "52:54:00:12:34:56",
        DataDisks = [new DataDisk(1)],
        Forwards = [new PortForward("tcp", "127.0.0.1", 22022, 22)],
        Seed = new CloudInitSeed("i-1", "instance-id: i-1\n", "#cloud-config\n", ""),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(pair.WhyNot is null, pair.WhyNot ?? "");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (pair.WhyNot is not null) return;
        foreach (var daemon in new[] { pair.Left, pair.Right })
        {
            using var driver = daemon.NewDriver();
            await driver.DeleteAsync(_machine.Id, CancellationToken.None);
            if (Directory.Exists(daemon.PoolPath)) Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
        }
    }

    [Fact]
    public Task A_counting_machine_moves_between_peers_there_and_back_without_missing_a_number() => MoveAsync(peerToPeer: true);

    [Fact]
    [Trait("Length", "long")]
    public Task A_counting_machine_is_led_there_and_back_without_missing_a_number() => MoveAsync(peerToPeer: false);

    private async Task MoveAsync(bool peerToPeer)
    {
        using var left = pair.Drive(pair.Left, peerToPeer);
        using var right = pair.Drive(pair.Right, peerToPeer);
        var machine = _machine with { Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2") };
        await left.CreateAsync(machine, new Progress<double>(), Cancellation);
        await left.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("the agent answers", () => left.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        await left.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh",
            ["-c", "printf kept | dd of=/dev/vdb; sync; (i=0; while :; do i=$((i+1)); echo \"count:$i;\" > /dev/ttyS0; sleep 0.02; done) > /dev/null 2>&1 < /dev/null &"],
            null, TimeSpan.FromSeconds(20)), Cancellation);
        await Eventually.TrueAsync("it counts", async () => (await NumbersAsync(left)).Count > 20, 60);

        foreach (var (from, to) in new[] { (left, right), (right, left) })
        {
            var before = (await NumbersAsync(from)).Count;
            var peersBefore = Peers();
            var moving = from.Migration!.MigrateAsync(machine, to, new Progress<double>(), Cancellation);
            while (!moving.IsCompleted) await LookDuringAsync(from, to);
            await moving;
            Peers().Except(peersBefore, StringComparer.Ordinal).Any().ShouldBe(peerToPeer);

            (await from.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
            (await to.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
            var arrived = (await NumbersAsync(to)).Count;
            arrived.ShouldBeGreaterThan(before);
            await Eventually.TrueAsync("it still counts", async () => (await NumbersAsync(to)).Count > arrived + 20, 60);
            var numbers = await NumbersAsync(to);
            numbers.ShouldBe(Enumerable.Range(1, numbers.Count));
            TestContext.Current.TestOutputHelper?.WriteLine($"peer to peer {peerToPeer}: {before} numbers before, {numbers.Count} after, none missed");
            // Past the guest's cache, from the disk that was copied.
            var kept = await to.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh",
                ["-c", "echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vdb bs=4 count=1"], null, TimeSpan.FromSeconds(20)), Cancellation);
            Encoding.ASCII.GetString(kept.Output).ShouldBe("kept");
            await from.Migration.MigrateAsync(machine, to, new Progress<double>(), Cancellation);
            Directory.EnumerateFileSystemEntries(from == left ? pair.Left.PoolPath : pair.Right.PoolPath).ShouldBeEmpty();
        }

        await using var line = await left.Serial!.OpenAsync(machine.Id, Cancellation);
        var live = new byte[64];
        (await line.ReadAsync(live, Cancellation)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_move_that_cannot_be_made_leaves_the_machine_running_where_it_is()
    {
        using var left = pair.Drive(pair.Left);
        using var nowhere = new LibvirtHypervisor(pair.Right.Options with { MigrationAddress = "203.0.113.1" }, TimeProvider.System);
        var machine = _machine with { Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2") };
        await left.CreateAsync(machine, new Progress<double>(), Cancellation);
        (await FailureAsync(left, machine, nowhere)).Kind.ShouldBe(HypervisorErrorKind.Rejected, "it is off");
        await left.StartAsync(machine, Cancellation);
        (await FailureAsync(left, machine, new FakeHypervisor(new FakeOptions(), TimeProvider.System))).Kind.ShouldBe(HypervisorErrorKind.Unsupported);
        await FailureAsync(left, machine, nowhere);
        (await left.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
        (await nowhere.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
        Directory.EnumerateFileSystemEntries(pair.Right.PoolPath).ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_the_daemons_do_not_reach_each_other_this_server_leads()
    {
        using var left = pair.Drive(pair.Left);
        using var right = new LibvirtHypervisor(pair.Drive(pair.Right).Options with { PeerUri = "qemu+tcp://10.77.0.3:1/system" }, TimeProvider.System);
        var machine = _machine with { Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2") };
        await left.CreateAsync(machine, new Progress<double>(), Cancellation);
        await left.StartAsync(machine, Cancellation);
        await left.Migration!.MigrateAsync(machine, right, new Progress<double>(), Cancellation);
        (await right.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
        (await left.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
    }

    /// <summary>
    /// Connections with a daemon's port 16509 (0x407D) that are or were a minute ago: proc_net(5), state 01 is established, 06
    /// TIME_WAIT.
    /// </summary>
    private string[] Peers() => [.. new[] { pair.Left, pair.Right }.SelectMany(Peers)];

    private static IEnumerable<string> Peers(LibvirtDaemon daemon) =>
        from table in s_tables
        from line in File.ReadLines($"/proc/{daemon.ProcessId()}/net/{table}")
        let columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        where columns is [_, _, _, "01" or "06", ..] && columns[1..3].Any(a => a.EndsWith(":407D", StringComparison.Ordinal))
        select $"{columns[1]} {columns[2]}";

    private static Task<HypervisorException> FailureAsync(LibvirtHypervisor from, MachineDefinition machine, IHypervisor to) =>
        Should.ThrowAsync<HypervisorException>(() => from.Migration!.MigrateAsync(machine, to, new Progress<double>(), Cancellation));

    /// <summary>Whichever of the two has the machine: what it wrote there so far has no gap. The beginning may still be on the other.</summary>
    private async Task LookDuringAsync(LibvirtHypervisor from, LibvirtHypervisor to)
    {
        foreach (var driver in new[] { from, to })
        {
            try
            {
                var numbers = await NumbersAsync(driver);
                if (numbers.Count > 0) numbers.ShouldBe(Enumerable.Range(numbers[0], numbers.Count));
            }
            catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.NotFound or HypervisorErrorKind.Busy)
            {
                // Not there, not there any more, or its log is just arriving.
            }
        }
    }

    private async Task<List<int>> NumbersAsync(LibvirtHypervisor driver)
    {
        await using var log = await driver.Serial!.OpenLogAsync(_machine.Id, Cancellation);
        using var reader = new StreamReader(log, Encoding.Latin1);
        var text = await reader.ReadToEndAsync(Cancellation);
        return [.. Count().Matches(text).Select(m => int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"count:(?<n>\d+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Count();
}
