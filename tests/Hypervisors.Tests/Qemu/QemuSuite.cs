using Hypervisors.Tests.Contract;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>The contract on QEMU, and in this class's other parts what only QEMU has and what depends on its version.</summary>
public abstract partial class QemuSuite : HypervisorContract
{
    /// <summary>Behind everything of the image's, in a disk of 1 GiB.</summary>
    private const int MarkAt = 512 << 20;

    private BootMedium _image = null!;

    /// <summary>A comma in the path: QEMU splits many of its options there.</summary>
    protected string Folder { get; } = Directory.CreateTempSubdirectory("w,").FullName;

    protected override BootMedium Image => _image;

    protected virtual QemuOptions Options => new() { MachinesFolder = Path.Combine(Folder, "m"), Accelerator = "tcg" };

    protected override IHypervisor NewDriver() => New(Options);

    protected override IHypervisor NewDriverWithoutItsProgram() => New(Options with { QemuProgram = "/nowhere/qemu-system-x86_64" });

    // The guest of these tests lives in memory and forgets its files.
    protected override Task MarkAsync(MachineDefinition machine, string word) => DiskWord.WriteAsync(DiskOf(machine), MarkAt, word, Cancellation);

    protected override Task<string?> MarkOfAsync(MachineDefinition machine) => DiskWord.ReadAsync(DiskOf(machine), MarkAt, Cancellation);

    private string DiskOf(MachineDefinition machine) => Path.Combine(Options.MachinesFolder, machine.Id, "disk.qcow2");

    /// <summary>A machine of another server: the same program, another folder.</summary>
    protected override async Task<Stranger?> MakeStrangerAsync()
    {
        var owner = New(Options with { MachinesFolder = Path.Combine(Folder, "other") });
        var machine = Define();
        await owner.CreateAsync(machine, Unheard, Cancellation);
        await owner.StartAsync(machine, Cancellation);
        var pid = (await owner.ObserveAsync(machine.Id, Cancellation)).ProcessId;
        return new Stranger(
            $"guest={machine.Name} (pid {pid})",
            async () => (await owner.ObserveAsync(machine.Id, Cancellation)) is { Power: ObservedPower.On } seen && seen.ProcessId == pid,
            () => owner.DeleteAsync(machine.Id, CancellationToken.None));
    }

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
        ProcessesOf(Options.MachinesFolder + "/").ShouldBeEmpty();
    }

    protected async Task<string> ShellAsync(MachineDefinition machine, string script)
    {
        var result = await Driver.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", script], null, TimeSpan.FromMinutes(5)), Cancellation);
        return System.Text.Encoding.UTF8.GetString(result.Output);
    }

    internal static int[] ProcessesOf(string folder) =>
        [.. HostProcesses.All().Where(pid => HostProcesses.Arguments(pid).Any(a => a.Contains(folder, StringComparison.Ordinal)))];

    private static QemuHypervisor New(QemuOptions options) => new(options, TimeProvider.System);
}

/// <summary>The same on QEMU 10, unpacked by eng/fetch-qemu-backports into the folder named by WARREN_TEST_QEMU10.</summary>
[Trait("Length", "long")]
public sealed class Qemu10Contract : QemuSuite
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
