using System.Text;
using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Libvirt.Machines;

namespace Hypervisors.Tests.Libvirt;

/// <summary>The contract on a real libvirtd whose QEMU emulates (type='qemu').</summary>
public abstract class LibvirtContractOn(LibvirtDaemon daemon) : HypervisorContract
{
    private const int MarkAt = 512 << 20, MarkLength = 16;

    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    protected override IHypervisor NewDriver() => daemon.NewDriver();

    protected override IHypervisor NewUnreachableDriver() =>
        new LibvirtHypervisor(daemon.Options with { Uri = daemon.Options.Uri + ".none" }, TimeProvider.System);

    /// <summary>Far behind what is on the image, and by QEMU's own tool: a guest that boots would cost seconds each time.</summary>
    protected override Task MarkAsync(MachineDefinition machine, string word) => QemuIoAsync(machine, async file =>
    {
        await File.WriteAllTextAsync(file, word.PadRight(MarkLength), Cancellation);
        return $"write -s {file} {MarkAt} {MarkLength}";
    });

    protected override async Task<string?> MarkOfAsync(MachineDefinition machine)
    {
        // "20000000:  62 65 66 6f 72 65 20 20 20 20 20 20 20 20 20 20  before.........."
        var said = await QemuIoAsync(machine, _ => Task.FromResult($"read -v {MarkAt} {MarkLength}"));
        var bytes = said.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(MarkLength + 1)];
        return Encoding.ASCII.GetString(Convert.FromHexString(string.Concat(bytes))).Trim('\0', ' ') is { Length: > 0 } word ? word : null;
    }

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    protected override void NothingIsLeft()
    {
        if (Directory.Exists(daemon.PoolPath)) Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
        QemuContract.ProcessesOf(daemon.PoolPath).ShouldBeEmpty();
    }

    private async Task<string> QemuIoAsync(MachineDefinition machine, Func<string, Task<string>> command)
    {
        var file = Path.GetTempFileName();
        try
        {
            return await new CommandRunner().RequireAsync(
                new Command("qemu-io", "-f", "qcow2", "-c", await command(file), Path.Combine(daemon.PoolPath, VolumeNames.Of(machine.Id).Disk)), Cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }
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
