using System.Globalization;
using Warren.Hypervisors.VirtualBox.Machines;

namespace Warren.Hypervisors.VirtualBox.Snapshots;

/// <summary>
/// <c>snapshot list --machinereadable</c>: <c>SnapshotName</c>, <c>SnapshotName-1</c>, <c>SnapshotName-1-1</c>, … name the tree by
/// their numbers. It tells no times, so that what we know of ours stands in their descriptions.
/// </summary>
internal static class SnapshotList
{
    private const string Key = "SnapshotName", Ours = "warren ";

    /// <summary>The description of one of ours.</summary>
    internal static string Describe(DateTimeOffset at, bool memory) => $"{Ours}{at.UtcDateTime.ToString("o", CultureInfo.InvariantCulture)} {(memory ? "memory" : "disk")}";

    /// <summary>Ours, parents before children, each with its nearest ancestor of ours.</summary>
    internal static IReadOnlyList<MachineSnapshot> Parse(string text)
    {
        var values = MachineReadable.Parse(text);
        var ours = new Dictionary<string, MachineSnapshot>(StringComparer.Ordinal);
        foreach (var (key, name) in values.Where(v => v.Key == Key || v.Key.StartsWith(Key + "-", StringComparison.Ordinal)).OrderBy(v => v.Key.Count(c => c == '-')))
        {
            var node = key[Key.Length..];
            if (!DefinitionRules.IsId(name) || !values.TryGetValue("SnapshotDescription" + node, out var described) || Read(described) is not var (at, memory)) continue;
            ours[node] = new MachineSnapshot(name, ParentOf(node, ours)?.Id, at, memory);
        }

        return [.. ours.Values];
    }

    /// <summary>How many snapshots, ours or not, stand on one.</summary>
    internal static int ChildrenOf(string text, string name)
    {
        var keys = MachineReadable.Parse(text).Where(v => v.Key == Key || v.Key.StartsWith(Key + "-", StringComparison.Ordinal)).ToArray();
        return keys.FirstOrDefault(v => v.Value == name).Key is { } own
            ? keys.Count(v => v.Key.StartsWith(own + "-", StringComparison.Ordinal) && v.Key.LastIndexOf('-') == own.Length)
            : 0;
    }

    private static MachineSnapshot? ParentOf(string node, Dictionary<string, MachineSnapshot> ours)
    {
        while (node.LastIndexOf('-') is >= 0 and var at)
        {
            node = node[..at];
            if (ours.TryGetValue(node, out var parent)) return parent;
        }

        return null;
    }

    private static (DateTimeOffset At, bool Memory)? Read(string description)
    {
        if (!description.StartsWith(Ours, StringComparison.Ordinal)) return null;
        var words = description[Ours.Length..].Split(' ');
        return words.Length == 2 && words[1] is "memory" or "disk"
            && DateTimeOffset.TryParseExact(words[0], "o", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
                ? (at, words[1] == "memory") : null;
    }
}
