using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Libvirt.Machines;

namespace Hypervisors.Tests.Libvirt;

/// <summary>The contract on a real libvirtd whose QEMU emulates (type='qemu').</summary>
public abstract class LibvirtContractOn(LibvirtDaemon daemon) : HypervisorContract
{
    /// <summary>Far behind what is on the image.</summary>
    private const int MarkAt = 512 << 20;

    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    protected override IHypervisor NewDriver() => daemon.NewDriver();

    protected override bool RefusalsAreSure => false;

    protected override IHypervisor NewUnreachableDriver() =>
        new LibvirtHypervisor(daemon.Options with { Uri = daemon.Options.Uri + ".none" }, TimeProvider.System);

    protected override Task MarkAsync(MachineDefinition machine, string word) => DiskWord.WriteAsync(DiskOf(machine), MarkAt, word, Cancellation);

    protected override Task<string?> MarkOfAsync(MachineDefinition machine) => DiskWord.ReadAsync(DiskOf(machine), MarkAt, Cancellation);

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    protected override void NothingIsLeft()
    {
        if (Directory.Exists(daemon.PoolPath)) Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
        if (Directory.Exists(daemon.SavePath)) Directory.EnumerateFiles(daemon.SavePath).ShouldBeEmpty();
        QemuContract.ProcessesOf(daemon.PoolPath).ShouldBeEmpty();
    }

    private string DiskOf(MachineDefinition machine) => Path.Combine(daemon.PoolPath, VolumeNames.Of(machine.Id).Disk);
}

/// <summary>The system's daemon.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class LibvirtContract(LibvirtDaemon daemon) : LibvirtContractOn(daemon)
{
    /// <summary>The default network is QEMU's own: only forwards lead into it.</summary>
    protected override bool AddressesOnNetworksOnly => true;
}

/// <summary>An unprivileged user's session daemon.</summary>
public sealed class LibvirtSessionContract(LibvirtSession session) : LibvirtContractOn(session.Daemon), IClassFixture<LibvirtSession>
{
    protected override string NoNewNetworks => "an unprivileged daemon may not make bridges";

    protected override string NoAddresses => "an unprivileged daemon has QEMU's own network only, into which forwards lead";
}
