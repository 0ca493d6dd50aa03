using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Proxmox.Server;
using Warren.Hypervisors;
using Warren.Hypervisors.Proxmox;

namespace Hypervisors.Tests.Proxmox;

/// <summary>The contract on an imitated server that judges by the published schema. A real one is not to be had here.</summary>
public sealed class ProxmoxContract : HypervisorContract
{
    private readonly List<ProxmoxHypervisor> _drivers = [];
    private FakeProxmox _server = null!;

    protected override BootMedium Image { get; } = new(typeof(ProxmoxContract).Assembly.Location, "raw");

    protected override string NoForwards => "Proxmox VE opens no ports of its nodes for guests";

    protected override IHypervisor NewDriver() => New(_server.Options("pve1"));

    protected override IHypervisor NewUnreachableDriver() => New(_server.Options("pve1") with { Address = new Uri("https://127.0.0.1:1/") });

    protected override IHypervisor OtherHost() => New(_server.Options("pve2"));

    protected override Task<Stranger?> MakeStrangerAsync()
    {
        // A copy of a machine of ours, tags and all, under a number of its own.
        var machine = _server.Put(500, "pve1", ("name", "stranger"), ("tags", "prod;warren-m1-100"), ("memory", "512"), ("cores", "2"), ("net0", "virtio=52:54:00:AA:BB:CC,bridge=vmbr0"));
        machine.PowerOn(fresh: true);
        var (runs, before) = (machine.Runs, string.Join('\n', machine.Config.Where(c => c.Key != "tags")));
        return Task.FromResult<Stranger?>(new Stranger("500/stranger",
            () => Task.FromResult(machine.Running && machine.Runs == runs && string.Join('\n', machine.Config.Where(c => c.Key != "tags")) == before),
            () =>
            {
                _server.Remove(machine);
                return Task.CompletedTask;
            }));
    }

    protected override void NothingIsLeft()
    {
        _server.Machines.Where(m => m.Vmid != 500 && m.Node == "pve1").ShouldBeEmpty();
        _server.Volumes.Keys.Where(v => v.Contains(":vm-", StringComparison.Ordinal) || v.Contains("seed", StringComparison.Ordinal))
            .Where(v => _server.Machines.All(m => !v.Contains($":vm-{m.Vmid}-", StringComparison.Ordinal))).ShouldBeEmpty();
    }

    public override async ValueTask InitializeAsync()
    {
        _server = await FakeProxmox.StartAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (var driver in _drivers) driver.Dispose();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private ProxmoxHypervisor New(ProxmoxOptions options)
    {
        var driver = new ProxmoxHypervisor(options, TimeProvider.System);
        lock (_drivers) _drivers.Add(driver);
        return driver;
    }
}
