using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

/// <summary>Snapshots as people read them.</summary>
internal static class SnapshotText
{
    public static readonly string[] Headings = ["NAME", "AGE", "KEEPS", "STATUS", "DESCRIPTION"];

    public static IReadOnlyList<Cell> Row(Snapshot s, string limb, DateTimeOffset now) =>
        [limb + s.Name, Figures.Span(now - s.CreatedAt), Keeps(s), Status(s), Cell.OrDash(s.Description)];

    public static string Keeps(Snapshot s) => s.Memory ? "disks and memory" : "disks";

    /// <summary>Each snapshot below the one that it came after, with the limb to draw before its name.</summary>
    /// <remarks>One whose parent is not in the list is a root, and so is one of a ring, which no server should send.</remarks>
    public static IReadOnlyList<(Snapshot Snapshot, string Limb)> Tree(IReadOnlyCollection<Snapshot> all)
    {
        var known = all.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        var children = all.ToLookup(s => s.ParentId is { } parent && known.Contains(parent) ? parent : "", StringComparer.Ordinal);
        var tree = new List<(Snapshot, string)>(all.Count);
        foreach (var root in children[""].Concat(all)) Grow(root, "", "");
        return tree;

        void Grow(Snapshot snapshot, string limb, string below)
        {
            if (!known.Remove(snapshot.Id)) return;
            tree.Add((snapshot, limb));
            var left = children[snapshot.Id].Where(child => known.Contains(child.Id)).ToArray();
            for (var i = 0; i < left.Length; i++)
            {
                var last = i == left.Length - 1;
                Grow(left[i], below + (last ? "└ " : "├ "), below + (last ? "  " : "│ "));
            }
        }
    }

    private static Cell Status(Snapshot s) => s.State is not SnapshotState.Ready ? new Cell(Words.Of(s.State), Ink.Busy)
        : s.Current ? new Cell("you are here", Ink.Good) : new Cell("ready");
}
