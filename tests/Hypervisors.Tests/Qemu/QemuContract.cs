using Hypervisors.Tests.Contract;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>The contract on the installed QEMU, and what only QEMU has, in this class's other parts.</summary>
public partial class QemuContract : HypervisorContract
{
    private BootMedium _image = null!;

    /// <summary>A comma in the path: QEMU splits many of its options there.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("w,").FullName;

    protected override BootMedium Image => _image;

    protected virtual QemuOptions Options => new() { MachinesFolder = Path.Combine(Folder, "m"), Accelerator = "tcg" };

    protected override IHypervisor NewDriver() =>
        new QemuHypervisor(Options, TimeProvider.System);

    public override async ValueTask InitializeAsync()
    {
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override void NothingIsLeft()
    {
        if (Directory.Exists(Options.MachinesFolder))
            Directory.EnumerateDirectories(Options.MachinesFolder).Where(d => Path.GetFileName(d) != ".locks").ShouldBeEmpty();
        ProcessesOf(Folder).ShouldBeEmpty();
    }

    internal static int[] ProcessesOf(string folder) =>
        [.. HostProcesses.All().Where(pid => HostProcesses.Arguments(pid).Any(a => a.Contains(folder, StringComparison.Ordinal)))];
}

/// <summary>The same on QEMU 10, unpacked by eng/fetch-qemu-backports into the folder named by WARREN_TEST_QEMU10.</summary>
public sealed class Qemu10Contract : QemuContract
{
    private static readonly string? s_tree = Environment.GetEnvironmentVariable("WARREN_TEST_QEMU10");

    protected override QemuOptions Options => base.Options with
    {
        QemuProgram = $"{s_tree}/usr/bin/qemu-system-x86_64",
        QemuImgProgram = $"{s_tree}/usr/bin/qemu-img",
        ExtraArguments = ["-L", $"{s_tree}/usr/share/qemu", "-L", $"{s_tree}/usr/share/seabios"],
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["LD_LIBRARY_PATH"] = $"{s_tree}/usr/lib/x86_64-linux-gnu:{s_tree}/lib/x86_64-linux-gnu",
            ["QEMU_MODULE_DIR"] = $"{s_tree}/usr/lib/x86_64-linux-gnu/qemu",
        },
    };

    public override ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Directory.Exists(s_tree), "WARREN_TEST_QEMU10 names no folder: run eng/fetch-qemu-backports DIR and set it to DIR");
        return base.InitializeAsync();
    }
}
