using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Hypervisors.Tests.VirtualBox.Imitation;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.VirtualBox;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>The contract on a strict imitation of VBoxManage: what the real one can only do with its kernel module.</summary>
public sealed class VirtualBoxImitatedContract : HypervisorContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-vbox-").FullName;
    private readonly ImitatedBox _box = new("7.2.22_Debianr175245");
    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    protected override IHypervisor NewDriver() => new VirtualBoxHypervisor(Options, _box, TimeProvider.System);

    protected override IHypervisor NewDriverWithoutItsProgram() =>
        new VirtualBoxHypervisor(Options, new BoxTool("/nowhere/VBoxManage", null), TimeProvider.System);

    /// <summary>Nobody listens on that port: a real ssh, a real refusal.</summary>
    protected override IHypervisor NewUnreachableDriver()
    {
        var target = new SshTarget("127.0.0.1", "nobody", 1);
        return new VirtualBoxHypervisor(Options with { Ssh = target }, new BoxTool("VBoxManage", target), TimeProvider.System);
    }

    protected override async Task<Stranger?> MakeStrangerAsync()
    {
        string[][] calls =
        [
            ["createvm", "--name", "stranger", "--basefolder", Path.Combine(_folder, "elsewhere"), "--ostype", "Linux_64", "--register"],
            ["startvm", "stranger", "--type", "headless"],
        ];
        foreach (var call in calls) (await _box.RunAsync(call, TimeSpan.FromSeconds(1))).ExitCode.ShouldBe(0);
        return new Stranger(
            "stranger",
            () => Task.FromResult(_box.Machines.Single(m => m.Name == "stranger") is { State: "running", Extra.Count: 0 }),
            async () =>
            {
                await _box.RunAsync(["controlvm", "stranger", "poweroff"], TimeSpan.FromSeconds(1));
                await _box.RunAsync(["unregistervm", "stranger", "--delete"], TimeSpan.FromSeconds(1));
            });
    }

    protected override void NothingIsLeft()
    {
        _box.Machines.Where(m => m.Name != "stranger").ShouldBeEmpty();
        var machines = Path.Combine(_folder, "host", "machines");
        if (Directory.Exists(machines)) Directory.EnumerateFileSystemEntries(machines).ShouldBeEmpty();
    }

    public override async ValueTask InitializeAsync()
    {
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private VirtualBoxOptions Options => new() { Host = "test", Staging = Path.Combine(_folder, "staging"), Folder = Path.Combine(_folder, "host") };
}
