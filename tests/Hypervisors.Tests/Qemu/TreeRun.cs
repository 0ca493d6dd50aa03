using System.Globalization;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Snapshots;

namespace Hypervisors.Tests.Qemu;

/// <summary>Does steps to real machines and to the model of them, and compares the two.</summary>
internal sealed class TreeRun(QemuOptions options, BootMedium image, CancellationToken cancellation)
{
    /// <summary>Behind everything of the image's, in a disk of 1 GiB.</summary>
    internal const int WordAt = 512 << 20;

    private const int MostMachines = 4;

    private static readonly string[] s_devices = ["disk0", "disk1"];

    private static readonly string[] s_files = ["disk.qcow2", "data-0.qcow2"];

    private readonly QemuHypervisor _driver = new(options, TimeProvider.System);
    private readonly List<ModelMachine> _machines = [];
    private int _made;
    private int _number;

    internal static MachineDefinition Define(string id, BootMedium image) => new()
    {
        Id = id,
        Name = "tree-" + id,
        MemoryMiB = 128,
        Cpus = 1,
        Boot = image,
        DiskGiB = 1,
        DataDisks = [new DataDisk(1)],
        MacAddress = "52:54:00:12:99:01",
    };

    internal static string[] Disks(QemuOptions options, string id) =>
        [.. s_files.Select(n => Path.Combine(options.MachinesFolder, id, n))];

    /// <summary>All steps, a look at everything now and then and at the end; then all machines go and nothing may be left.</summary>
    /// <param name="steps">What to do.</param>
    /// <param name="began">Told the number of each step before it is done.</param>
    internal async Task RunAsync(IReadOnlyList<TreeStep> steps, Action<int> began)
    {
        try
        {
            for (var i = 0; i < steps.Count; i++)
            {
                began(i);
                if (_machines.Count == 0) await CreateAsync();
                var machine = _machines[steps[i].Which % _machines.Count];
                await DoAsync(steps[i], machine);
                if (_machines.Contains(machine)) await CompareAsync(machine);
                if (steps[i].What % 7 == 0) foreach (var other in _machines) await CompareAsync(other);
            }

            foreach (var machine in _machines) await CompareAsync(machine);
        }
        finally
        {
            foreach (var machine in _machines) await _driver.DeleteAsync(machine.Id, CancellationToken.None);
        }

        Left(options).ShouldBeEmpty("after all machines are deleted");
    }

    /// <summary>What is in a folder of machines that has none any more.</summary>
    internal static IEnumerable<string> Left(QemuOptions options) =>
        Directory.EnumerateFileSystemEntries(options.MachinesFolder).Where(f => Path.GetFileName(f) != ".locks");

    private async Task DoAsync(TreeStep step, ModelMachine machine)
    {
        var snapshot = machine.Snapshots.Count == 0 ? null : machine.Snapshots.Keys.ElementAt(step.What % machine.Snapshots.Count);
        switch (step.Verb)
        {
            case TreeVerb.Write:
                var disk = step.What % 2;
                machine.Words[disk] = Name("word");
                var (path, word) = (Disks(options, machine.Id)[disk], machine.Words[disk]!);
                await (machine.Runs
                    ? DiskWord.WriteLiveAsync(new MachineFolder(options.MachinesFolder, machine.Id), s_devices[disk], WordAt, word, cancellation)
                    : DiskWord.WriteAsync(path, WordAt, word, cancellation));
                break;
            case TreeVerb.Snapshot:
                var (id, memory) = (Name("s"), step.Flag && machine.Runs);
                await _driver.Snapshots!.CreateAsync(machine.Id, id, memory, cancellation);
                machine.Take(id, memory);
                break;
            case TreeVerb.Restore when snapshot is not null:
                await _driver.Snapshots!.RestoreAsync(machine.Id, snapshot, null, cancellation);
                machine.Return(snapshot);
                if (machine.Runs) await _driver.Power!.PauseAsync(machine.Id, cancellation);
                break;
            case TreeVerb.DeleteSnapshot when snapshot is not null:
                await _driver.Snapshots!.DeleteAsync(machine.Id, snapshot, cancellation);
                machine.Drop(snapshot);
                break;
            case TreeVerb.Clone when _machines.Count < MostMachines && !machine.Runs:
                var clone = new ModelMachine(string.Create(CultureInfo.InvariantCulture, $"m{++_made}")) { Words = [.. machine.Words] };
                _machines.Add(clone);
                await _driver.Clones!.CloneAsync(machine.Id, Define(clone.Id, image), new Progress<double>(), cancellation);
                break;
            case TreeVerb.Flatten when !machine.Runs:
                await _driver.Clones!.FlattenAsync(machine.Id, new Progress<double>(), cancellation);
                foreach (var file in Disks(options, machine.Id)) Qcow2Header.BackingOf(file).ShouldBeNull(file);
                break;
            case TreeVerb.DeleteMachine:
                await _driver.DeleteAsync(machine.Id, cancellation);
                _machines.Remove(machine);
                break;
            case TreeVerb.Start when !machine.Runs:
                await _driver.StartAsync(Define(machine.Id, image), cancellation);
                // A guest that stands still costs nothing, and writes nothing of its own.
                await _driver.Power!.PauseAsync(machine.Id, cancellation);
                machine.Runs = true;
                break;
            case TreeVerb.Kill:
                await _driver.KillAsync(machine.Id, cancellation);
                machine.Runs = false;
                break;
            default:
                break;
        }
    }

    private async Task CreateAsync()
    {
        var machine = new ModelMachine(string.Create(CultureInfo.InvariantCulture, $"m{++_made}"));
        _machines.Add(machine);
        await _driver.CreateAsync(Define(machine.Id, image), new Progress<double>(), cancellation);
    }

    private async Task CompareAsync(ModelMachine machine)
    {
        foreach (var (disk, word) in Disks(options, machine.Id).Zip(machine.Words))
            (await DiskWord.ReadAsync(disk, WordAt, cancellation, machine.Runs)).ShouldBe(word, $"on {disk}");
        var tree = await new QemuHypervisor(options, TimeProvider.System).Snapshots!.ListAsync(machine.Id, cancellation);
        string.Join(' ', tree.OrderBy(s => s.Id, StringComparer.Ordinal).Select(s => $"{s.Id}<{s.ParentId}{(s.Memory ? "!" : "")}")).ShouldBe(machine.Tree(), machine.Id);
        (await _driver.ObserveAsync(machine.Id, cancellation)).Power.ShouldBe(machine.Runs ? ObservedPower.Paused : ObservedPower.Off, machine.Id);
    }

    private string Name(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}{++_number:d3}");
}
