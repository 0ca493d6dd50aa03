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

    protected override IHypervisor NewDriver() => new SkipsWhatCannotStart(box.NewDriver());

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
        foreach (var what in new[] { "vms", "hdds", "dvds" })
            box.Tool.RunAsync(["list", what], TimeSpan.FromSeconds(30)).GetAwaiter().GetResult().Output.ShouldBeNullOrWhiteSpace(what);
    }
}
