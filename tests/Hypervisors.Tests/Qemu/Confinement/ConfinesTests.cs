using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>What a host says of itself, by trying it, and what holds where it can do less.</summary>
public sealed class ConfinesTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wc").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    /// <summary>As on a server that is not root.</summary>
    private QemuHypervisor Unconfined => new(Options with { Users = null }, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await Unconfined.DeleteAsync("a", CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Here_machines_have_users_of_their_own_and_their_networks_are_kept_apart()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root gives machines users of their own");
        (await new QemuConfinement(Options, new CommandRunner()).LookAsync(again: false, Cancellation)).ShouldBe(new Confines(null, null, null));
    }

    [Fact]
    public async Task Where_networks_cannot_be_kept_apart_internet_is_refused_and_who_says_nothing_is_isolated()
    {
        var machine = await DefineAsync();
        await Unconfined.CreateAsync(machine, new Progress<double>(), Cancellation);
        var refusal = await Should.ThrowAsync<HypervisorException>(() => Unconfined.StartAsync(machine with { NetworkMode = GuestNetworkMode.Internet }, Cancellation));
        (refusal.Kind, refusal.Message).ShouldBe((HypervisorErrorKind.Unsupported,
            "networkMode internet cannot be enforced on this host (machines have no users of their own to be known by: off by configuration); isolated and lan can be had"));
        refusal = await Should.ThrowAsync<HypervisorException>(() => Unconfined.StartAsync(machine with { NetworkMbps = 8 }, Cancellation));
        (refusal.Kind, refusal.Message.Split('(')[0]).ShouldBe((HypervisorErrorKind.Unsupported, "networkMbps cannot be enforced on this host "));
        await Unconfined.StartAsync(machine, Cancellation);
        HostProcesses.Arguments((await Unconfined.ObserveAsync("a", Cancellation)).ProcessId!.Value).ShouldContain(a => a.StartsWith("user,id=net0,restrict=on", StringComparison.Ordinal));
        var probe = await Unconfined.ProbeAsync(Cancellation);
        probe.Missing["internet"].ShouldContain("off by configuration");
        probe.Missing["bandwidth"].ShouldContain("off by configuration");
        probe.Facts["network"].ShouldStartWith("isolated unless a machine states lan");
        probe.Facts["user"].ShouldStartWith("machines run as the server's own user");
    }

    [Fact]
    public async Task A_machine_of_an_older_server_goes_on_and_gets_its_user_at_its_next_start()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root gives machines users of their own");
        var machine = await DefineAsync();
        await Unconfined.CreateAsync(machine, new Progress<double>(), Cancellation);
        await Unconfined.StartAsync(machine, Cancellation);
        var now = new QemuHypervisor(Options, TimeProvider.System);
        (await now.ObserveAsync("a", Cancellation)).Power.ShouldBe(ObservedPower.On);
        await now.Snapshots!.CreateAsync("a", "s1", memory: true, Cancellation);
        (await UserAsync(now)).ShouldBe(0u);
        await now.KillAsync("a", Cancellation);
        await now.StartAsync(machine, Cancellation);
        (await UserAsync(now)).ShouldBeInRange(UserRange.Default.First + 1, UserRange.Default.Last);
        await now.Snapshots.RestoreAsync("a", "s1", null, Cancellation);
        (await now.ObserveAsync("a", Cancellation)).Power.ShouldBe(ObservedPower.On);
        await now.DeleteAsync("a", Cancellation);
    }

    private static async Task<uint> UserAsync(QemuHypervisor driver) => FileOwner.Of($"/proc/{(await driver.ObserveAsync("a", Cancellation)).ProcessId}")!.User;

    private static async Task<MachineDefinition> DefineAsync() => new()
    {
        Id = "a",
        Name = "a",
        MemoryMiB = 192,
        Cpus = 1,
        DiskGiB = 1,
        Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"),
        MacAddress = "52:54:00:00:00:01",
    };
}
