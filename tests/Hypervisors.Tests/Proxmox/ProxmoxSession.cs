using Hypervisors.Tests.Proxmox.Server;
using Warren.Hypervisors;
using Warren.Hypervisors.Proxmox;

namespace Hypervisors.Tests.Proxmox;

/// <summary>A server and drivers on it, for one test.</summary>
public abstract class ProxmoxSession : IAsyncLifetime
{
    private readonly List<ProxmoxHypervisor> _drivers = [];

    internal FakeProxmox Server { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected static IProgress<double> Unheard { get; } = new Progress<double>();

    public async ValueTask InitializeAsync() => Server = await FakeProxmox.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var driver in _drivers) driver.Dispose();
        await Server.DisposeAsync();
    }

    internal ProxmoxHypervisor Driver(ProxmoxOptions? options = null, TimeProvider? clock = null)
    {
        var driver = new ProxmoxHypervisor(options ?? Server.Options("pve1"), clock ?? TimeProvider.System);
        _drivers.Add(driver);
        return driver;
    }

    protected static MachineDefinition Define(string id) => new()
    {
        Id = id,
        Name = "web",
        MemoryMiB = 256,
        Cpus = 1,
        DiskGiB = 1,
        Boot = new BootMedium(typeof(ProxmoxSession).Assembly.Location, "raw"),
        MacAddress = "52:54:00:12:34:56",
    };

    /// <summary>A machine of ours on the server.</summary>
    internal ServerMachine Put(string id, int vmid, bool on = false)
    {
        var machine = Server.Put(vmid, "pve1", ("name", "web"), ("tags", $"prod;warren-{id}-{vmid}"), ("memory", "256"), ("cores", "1"), ("agent", "enabled=1"),
            ("boot", "order=scsi0"), ("scsi0", $"local-lvm:vm-{vmid}-disk-0,size=1G"));
        Server.Volumes[$"local-lvm:vm-{vmid}-disk-0"] = 1L << 30;
        if (on) machine.PowerOn(fresh: true);
        return machine;
    }

    protected static async Task<HypervisorException> ShouldFailAsync(HypervisorErrorKind kind, Func<Task> act)
    {
        var failure = await Should.ThrowAsync<HypervisorException>(act);
        failure.Kind.ShouldBe(kind, failure.Message);
        return failure;
    }
}
