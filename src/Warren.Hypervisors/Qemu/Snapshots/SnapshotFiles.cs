namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>One snapshot as its file keeps it.</summary>
/// <param name="Id">Our id.</param>
/// <param name="ParentId">The snapshot that the machine stood on when it was taken, or null.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Disks">For each disk file of the machine, by its name, the layer that holds what it held.</param>
/// <param name="Memory">Where memory was kept: what the QEMU that takes it in must know.</param>
/// <param name="Definition">What the machine was when it was taken.</param>
internal sealed record SnapshotRecord(
    string Id, string? ParentId, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Disks, Resumption? Memory, MachineDefinition Definition);

/// <summary>Where the machine stands in its tree.</summary>
/// <param name="Id">The snapshot that it was last taken to or returned to; null: the root.</param>
/// <param name="Returning">The disks are being put back to that snapshot; a crash may have left some of them behind.</param>
/// <param name="Before">Where it stood while that snapshot was being taken: it counts where there is none of that id.</param>
internal sealed record SnapshotPosition(string? Id, bool Returning, string? Before = null);

/// <summary>The files about snapshots in a machine's folder. All are written whole.</summary>
internal sealed class SnapshotFiles(MachineFolder folder)
{
    private string Folder => folder.In("snapshots");

    // An id has no dot, so that no snapshot has this name.
    private string PositionFile => Path.Combine(Folder, ".position.json");

    internal SnapshotPosition Position
    {
        get
        {
            var at = PrivateFile.Read<SnapshotPosition>(PositionFile) ?? new SnapshotPosition(null, false);
            return at with { Id = at.Id is null || File.Exists(FileOf(at.Id)) || File.Exists(GoneOf(at.Id)) ? Standing(at.Id) : Standing(at.Before) };
        }
    }

    internal string MemoryOf(string id) => Path.Combine(Folder, id + ".memory");

    internal string FirmwareVariablesOf(string id) => Path.Combine(Folder, id + ".efivars");

    internal SnapshotRecord? Find(string id) => PrivateFile.Read<SnapshotRecord>(FileOf(id));

    /// <summary>All of them, parents before children.</summary>
    internal IReadOnlyList<SnapshotRecord> All()
    {
        if (!Directory.Exists(Folder)) return [];
        var left = Directory.EnumerateFiles(Folder, "*.json").Where(f => !Path.GetFileName(f).StartsWith('.'))
            .Select(PrivateFile.Read<SnapshotRecord>).OfType<SnapshotRecord>().Select(s => s with { ParentId = Standing(s.ParentId) }).OrderBy(s => s.CreatedAt).ThenBy(s => s.Id, StringComparer.Ordinal).ToList();
        var ordered = new List<SnapshotRecord>(left.Count);
        var known = new HashSet<string>(StringComparer.Ordinal);
        while (left.Count > 0)
        {
            // One whose parent is in no file counts as a root.
            var next = left.FindIndex(s => s.ParentId is null || known.Contains(s.ParentId) || left.TrueForAll(o => o.Id != s.ParentId));
            ordered.Add(left[Math.Max(next, 0)]);
            known.Add(ordered[^1].Id);
            left.RemoveAt(Math.Max(next, 0));
        }

        return ordered;
    }

    internal void Write(SnapshotRecord record)
    {
        Make();
        PrivateFile.Write(FileOf(record.Id), record);
    }

    internal void Stand(SnapshotPosition position)
    {
        Make();
        PrivateFile.Write(PositionFile, position);
    }

    /// <summary>
    /// Removes one; its children hang on its parent then. At one moment, by a name that needs no room on the disk; what is left
    /// to be done after that, a later call does too.
    /// </summary>
    /// <returns>What it was, or null when there is none, not even one that is half removed.</returns>
    internal SnapshotRecord? Remove(string id)
    {
        if (File.Exists(FileOf(id))) File.Move(FileOf(id), GoneOf(id), overwrite: true);
        RemoveMemory(id);
        if (PrivateFile.Read<SnapshotRecord>(GoneOf(id)) is not { } record) return null;
        foreach (var file in Directory.EnumerateFiles(Folder, "*.json").Where(f => !Path.GetFileName(f).StartsWith('.')).ToList())
            if (PrivateFile.Read<SnapshotRecord>(file) is { } child && child.ParentId == id) Write(child with { ParentId = Standing(id) });
        if (PrivateFile.Read<SnapshotPosition>(PositionFile) is { } at && (at.Id == id || at.Before == id)) Stand(Position with { Before = null });
        return record;
    }

    /// <summary>Forgets one that was removed, when nothing remains to be done about it.</summary>
    internal void Forget(string id)
    {
        if (Directory.Exists(Folder)) File.Delete(GoneOf(id));
    }

    /// <summary>Removes what was written for a snapshot that has no record.</summary>
    internal void RemoveMemory(string id)
    {
        if (!Directory.Exists(Folder) || File.Exists(FileOf(id))) return;
        foreach (var file in new[] { MemoryOf(id), MemoryOf(id) + ".new", FirmwareVariablesOf(id), FileOf(id) + ".new" }) File.Delete(file);
    }

    /// <summary>Private from its first moment.</summary>
    internal void Make() => Directory.CreateDirectory(Folder, OwnerOnly.Folder);

    /// <summary>The next one up the tree that is not removed, from this one on.</summary>
    private string? Standing(string? id)
    {
        while (id is not null && !File.Exists(FileOf(id)) && PrivateFile.Read<SnapshotRecord>(GoneOf(id)) is { } gone) id = gone.ParentId;
        return id;
    }

    private string FileOf(string id) => Path.Combine(Folder, id + ".json");

    private string GoneOf(string id) => Path.Combine(Folder, id + ".gone");
}
