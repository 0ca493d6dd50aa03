namespace Hypervisors.Tests.Qemu;

/// <summary>What may be done to a tree of snapshots. The numbers choose among what is there when it is done.</summary>
internal sealed record TreeStep(TreeVerb Verb, int Which, int What, bool Flag)
{
    public override string ToString() => $"{Verb}({Which}, {What}, {Flag})";
}

internal enum TreeVerb
{
    Write,
    Snapshot,
    Restore,
    DeleteSnapshot,
    Clone,
    Flatten,
    DeleteMachine,
    Start,
    Kill,
}

/// <summary>A machine as it should be: two disks with a word each, and points to return to.</summary>
internal sealed class ModelMachine(string id)
{
    internal string Id { get; } = id;

    /// <summary>Of the system disk and of the data disk.</summary>
    internal string?[] Words { get; set; } = [null, null];

    internal bool Runs { get; set; }

    /// <summary>The snapshot that it stands on.</summary>
    internal string? At { get; set; }

    internal SortedDictionary<string, ModelSnapshot> Snapshots { get; } = new(StringComparer.Ordinal);

    internal void Take(string snapshot, bool memory)
    {
        Snapshots[snapshot] = new ModelSnapshot(At, [.. Words], memory);
        At = snapshot;
    }

    internal void Return(string snapshot)
    {
        Words = [.. Snapshots[snapshot].Words];
        Runs = Snapshots[snapshot].Memory;
        At = snapshot;
    }

    /// <summary>Its children, and the machine, hang on its parent then.</summary>
    internal void Drop(string snapshot)
    {
        var parent = Snapshots[snapshot].Parent;
        Snapshots.Remove(snapshot);
        foreach (var (id, child) in Snapshots.Where(s => s.Value.Parent == snapshot).ToList()) Snapshots[id] = child with { Parent = parent };
        if (At == snapshot) At = parent;
    }

    internal string Tree() => string.Join(' ', Snapshots.Select(s => $"{s.Key}<{s.Value.Parent}{(s.Value.Memory ? "!" : "")}"));
}

internal sealed record ModelSnapshot(string? Parent, string?[] Words, bool Memory);
