using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Forks;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// Layers: disks that nobody writes to any more, upon which snapshots, clones and the machines themselves lie as qcow2
/// overlays. A layer has no owner and no counter: it is kept while a snapshot's record, a machine's disk or another layer
/// names it. The headers of the disks are the truth, so that no crash can leave a count that is wrong.
/// </summary>
internal sealed class Layers(string machinesFolder, DiskFiles disks, TimeProvider clock)
{
    /// <summary>Files in a chain that are followed: more than any chain has, so that one that bites its tail ends.</summary>
    internal const int Deepest = 4096;

    private string Folder => Path.Combine(machinesFolder, ".layers");

    /// <summary>One at a time makes, takes into use and clears away: a layer that is not yet named anywhere must not be cleared.</summary>
    internal Task<IDisposable> LockAsync(CancellationToken cancellation) => MachineLock.TakeAsync(machinesFolder, "layers", "the layers of the disks", clock, cancellation);

    internal string PathOf(string layer) => Path.Combine(Folder, layer + ".qcow2");

    /// <summary>Makes what a disk of a stopped machine holds a layer, by a second name for its file, and the disk an overlay on it. Hold the lock.</summary>
    internal string Freeze(string disk)
    {
        var (layer, size) = Name(disk);
        Qcow2Overlay.Make(disk, PathOf(layer), size);
        return layer;
    }

    /// <summary>
    /// The same for a running machine, whose QEMU still writes to the layer afterwards: the overlay is beside the disk, for
    /// QEMU to switch to. Hold the lock.
    /// </summary>
    internal string FreezeBeside(string disk)
    {
        var (layer, size) = Name(disk);
        Qcow2Overlay.Make(BesideOf(disk, layer), PathOf(layer), size);
        return layer;
    }

    /// <summary>Makes a disk of a stopped machine a fresh overlay on a layer, and forgets what it held. Hold the lock.</summary>
    internal void Stack(string disk, string layer, long atLeast) =>
        Qcow2Overlay.Make(disk, PathOf(layer), Math.Max(Qcow2Header.SizeOf(PathOf(layer)), atLeast));

    /// <summary>The overlay beside a disk. No two freezes use one name: QEMU goes on calling a file as it was when it was opened.</summary>
    internal static string BesideOf(string disk, string layer) => $"{disk}.{layer}";

    /// <summary>Every overlay beside a disk of this folder, with its disk.</summary>
    internal static IEnumerable<(string Beside, string Disk)> Besides(string folder) => Directory.EnumerateFiles(folder)
        .Where(f => Path.GetFileName(f).Contains(".qcow2.", StringComparison.Ordinal) && !f.EndsWith(".new", StringComparison.Ordinal)).Select(f => (f, Path.Combine(folder, Path.GetFileNameWithoutExtension(f)))).ToList();

    /// <summary>Overlays of this folder that a crash left before they had their name.</summary>
    internal static IReadOnlyList<string> Unfinished(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.new").Where(f => Path.GetFileName(f).Contains(".qcow2", StringComparison.Ordinal))];

    /// <summary>Gives an overlay beside a disk the disk's name too. It keeps its own while QEMU may know it by that.</summary>
    internal static void Adopt(string beside, string disk)
    {
        if (Qcow2Header.BackingOf(beside) == Qcow2Header.BackingOf(disk)) return;
        File.Delete(disk + ".new");
        HardLink.Make(beside, disk + ".new");
        File.Move(disk + ".new", disk, overwrite: true);
    }

    /// <summary>
    /// For a machine whose QEMU has ended: an overlay that never got its disk's name holds what was written last; where QEMU had
    /// not switched to it, it shows the layer below, which is the disk itself. Hold the lock.
    /// </summary>
    internal static void AdoptNewest(string folder)
    {
        foreach (var group in Besides(folder).GroupBy(b => b.Disk, b => b.Beside, StringComparer.Ordinal))
        {
            // One of them may be the disk itself, by the name that a QEMU knew it by; what it stood on would be older.
            var known = Qcow2Header.BackingOf(group.Key);
            foreach (var beside in group.Where(b => Qcow2Header.BackingOf(b) != known)) Adopt(beside, group.Key);
            foreach (var beside in group) File.Delete(beside);
        }
    }

    /// <summary>Removes every layer that nothing names. Hold the lock.</summary>
    internal void Clear()
    {
        if (!Directory.Exists(Folder)) return;
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in Roots()) Follow(name, named);
        foreach (var file in Directory.EnumerateFiles(Folder))
            if (!named.Contains(Path.GetFileNameWithoutExtension(file))) File.Delete(file);
        if (!Directory.EnumerateFileSystemEntries(Folder).Any()) Directory.Delete(Folder);
    }

    /// <summary>
    /// Shortens the chain below a disk of a stopped machine: a layer that only this chain lies upon, and that no snapshot
    /// names, goes into the one above it, if it can. Nothing that can be seen through the chain changes at any moment. Hold the lock.
    /// </summary>
    /// <param name="disk">The disk.</param>
    /// <param name="largest">Bytes of a layer's file; larger ones take too long now and stay.</param>
    /// <param name="cancellation">Ends it, at any moment.</param>
    internal async Task ShortenAsync(string disk, long largest, CancellationToken cancellation)
    {
        var upper = disk;
        while (LayerOf(Qcow2Header.BackingOf(upper)) is { } layer)
        {
            var lower = PathOf(layer);
            if (Roots().Concat(Upon()).Count(l => l == layer) > 1 || new FileInfo(lower).Length > largest || !await TakeOutAsync(upper, lower, cancellation)) upper = lower;
        }

        Clear();
    }

    /// <summary>
    /// The layers below a disk of a running machine that nothing needs but what lies above them in its chain, from the top on; a layer
    /// lies below the last of them. Hold the lock.
    /// </summary>
    internal List<string> NeedlessBelow(MachineFolder folder, string disk)
    {
        Clear();
        var itself = Besides(folder.Path).Where(b => b.Disk == disk).Select(b => b.Beside).Append(disk).ToHashSet(StringComparer.Ordinal);
        var (named, upon) = (Roots(itself).ToHashSet(StringComparer.Ordinal), Upon().ToLookup(l => l, StringComparer.Ordinal));
        var needless = new List<string>();
        for (var layer = LayerOf(Qcow2Header.BackingOf(disk)); layer is not null; layer = LayerOf(Qcow2Header.BackingOf(PathOf(layer))))
        {
            if (LayerOf(Qcow2Header.BackingOf(PathOf(layer))) is null || named.Contains(layer) || upon[layer].Count() > Math.Min(needless.Count, 1)) break;
            needless.Add(layer);
        }

        return needless;
    }

    /// <returns>False when it stays: another machine that runs has it open below its own disk, or the host's disk is full.</returns>
    private async Task<bool> TakeOutAsync(string upper, string lower, CancellationToken cancellation)
    {
        try
        {
            await disks.TakeOutAsync(upper, lower, cancellation);
            return true;
        }
        catch (HypervisorException)
        {
            return false;
        }
    }

    /// <summary>Layers that disks of machines and snapshots name, once for each that does, but for some files.</summary>
    private IEnumerable<string> Roots(IReadOnlySet<string>? but = null)
    {
        if (!Directory.Exists(machinesFolder)) yield break;
        foreach (var warm in WarmFolder.Folders(machinesFolder))
        {
            foreach (var disk in Directory.EnumerateFiles(warm, "*.qcow2", SearchOption.AllDirectories))
                if (LayerOf(Qcow2Header.BackingOf(disk)) is { } below) yield return below;
        }

        foreach (var machine in Directory.EnumerateDirectories(machinesFolder).Where(d => !Path.GetFileName(d).StartsWith('.')))
        {
            foreach (var layer in NamedBy(machine, but)) yield return layer;
        }
    }

    /// <summary>Layers that one machine names. One that is deleted meanwhile, by a call that holds another lock, names none any more.</summary>
    private List<string> NamedBy(string machine, IReadOnlySet<string>? but)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(machine).Where(f => f.Contains(".qcow2", StringComparison.Ordinal) && but?.Contains(f) != true).Select(f => LayerOf(Qcow2Header.BackingOf(f))).OfType<string>(),
                .. new SnapshotFiles(new MachineFolder(machinesFolder, Path.GetFileName(machine))).All().SelectMany(s => s.Disks.Values),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Layers that other layers lie upon, once for each that does.</summary>
    private IEnumerable<string> Upon() => Directory.EnumerateFiles(Folder).Select(f => LayerOf(Qcow2Header.BackingOf(f))).OfType<string>();

    private void Follow(string? layer, HashSet<string> named)
    {
        while (layer is not null && named.Add(layer)) layer = LayerOf(Qcow2Header.BackingOf(PathOf(layer)));
    }

    private (string Layer, long Size) Name(string disk)
    {
        Directory.CreateDirectory(Folder, OwnerOnly.Folder);
        var (layer, size) = (Guid.NewGuid().ToString("n"), Qcow2Header.SizeOf(disk));
        HardLink.Make(disk, PathOf(layer));
        HostDisk.AnswerFor(() => MachineRights.Freeze(PathOf(layer)));
        return (layer, size);
    }

    private string? LayerOf(string? path) => path is not null && Path.GetDirectoryName(path) == Folder ? Path.GetFileNameWithoutExtension(path) : null;
}
