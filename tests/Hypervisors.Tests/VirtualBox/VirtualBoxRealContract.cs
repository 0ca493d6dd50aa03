using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.VirtualBox;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>The contract on the real VBoxManage. Where its kernel module is missing no machine starts, and such cases say so.</summary>
public sealed class VirtualBoxRealContract(RealBox box) : HypervisorContract, IClassFixture<RealBox>
{
    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    protected override IHypervisor NewDriver() => new SkipsWhatCannotStart(box.NewDriver(), box);

    protected override IHypervisor NewDriverWithoutItsProgram() =>
        new VirtualBoxHypervisor(box.Options, new BoxTool("/nowhere/VBoxManage", null), TimeProvider.System);

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(box.Absent is null, box.Absent ?? "");
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    protected override void NothingIsLeft()
    {
        var machines = Path.Combine(box.Folder, "host", "machines");
        if (Directory.Exists(machines)) Directory.EnumerateFileSystemEntries(machines).ShouldBeEmpty();
        // What it has registered, as its service has written it.
        var registry = Path.Combine(box.Folder, ".home", "VirtualBox.xml");
        if (!File.Exists(registry)) return;
        var text = File.ReadAllText(registry);
        foreach (var entry in new[] { "<MachineEntry", "<HardDisk ", "<Image " }) text.ShouldNotContain(entry);
    }
}
