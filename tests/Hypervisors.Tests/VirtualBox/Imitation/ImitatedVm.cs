using System.Globalization;
using System.Text;

namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>A machine of the imitation.</summary>
internal sealed class ImitatedVm(string name, string folder)
{
    internal string Name => name;

    internal string Uuid { get; } = Guid.NewGuid().ToString("D");

    internal string Folder => folder;

    internal string SettingsFile => Path.Combine(folder, name + ".vbox");

    internal string State { get; private set; } = "poweroff";

    internal string ChangedAt { get; private set; } = "2026-01-01T00:00:00.000000000";

    internal Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal) { ["memory"] = "128", ["cpus"] = "1", ["firmware"] = "BIOS", ["vram"] = "8", ["nic1"] = "nat" };

    internal Dictionary<string, string> Extra { get; } = new(StringComparer.Ordinal);

    internal List<string> Forwards { get; } = [];

    internal Dictionary<string, string> Shared { get; } = new(StringComparer.Ordinal);

    internal string? Controller { get; set; }

    internal int Ports { get; set; }

    internal SortedDictionary<int, (string Type, string Path)> Slots { get; } = [];

    internal List<ImitatedSnapshot> Snapshots { get; } = [];

    internal ImitatedSnapshot? Current { get; set; }

    internal string? Description { get; set; }

    internal bool Runs => State is "running" or "paused";

    internal void Become(string state)
    {
        State = state;
        ChangedAt = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00'", CultureInfo.InvariantCulture);
    }

    /// <summary>As showvminfo --machinereadable of 7.2 has it, with the keys that matter here and some that do not.</summary>
    internal string Describe()
    {
        var text = new StringBuilder();
        Say("name", name);
        Say("groups", "/");
        Say("UUID", Uuid);
        Say("CfgFile", SettingsFile);
        Say("SnapFldr", Path.Combine(folder, "Snapshots"));
        Say("LogFldr", Path.Combine(folder, "Logs"));
        foreach (var (key, value) in Settings)
        {
            if (int.TryParse(value, out _)) text.Append(key).Append('=').Append(value).Append('\n');
            else Say(key, value);
        }

        Say("VMState", State);
        Say("VMStateChangeTime", ChangedAt);
        if (Controller is not null)
        {
            Say("storagecontrollername0", Controller);
            for (var i = 0; i < Ports; i++)
                text.Append(CultureInfo.InvariantCulture, $"\"{Controller}-{i}-0\"=\"{(Slots.TryGetValue(i, out var slot) ? Escape(slot.Path) : "none")}\"\n");
        }

        for (var i = 0; i < Forwards.Count; i++) Say(string.Create(CultureInfo.InvariantCulture, $"Forwarding({i})"), Forwards[i]);
        var at = 1;
        foreach (var (key, path) in Shared)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"SharedFolderNameMachineMapping{at}"), key);
            Say(string.Create(CultureInfo.InvariantCulture, $"SharedFolderPathMachineMapping{at++}"), path);
        }

        text.Append(" rec_screen0\n");
        if (Description is not null) Say("description", Description);
        text.Append("GuestMemoryBalloon=0\n").Append(Tree());
        return text.ToString();

        void Say(string key, string value) => text.Append(key).Append("=\"").Append(Escape(value)).Append("\"\n");
    }

    /// <summary>As snapshot list --machinereadable has it: descriptions are not escaped there.</summary>
    internal string Tree()
    {
        if (Current is null) return "";
        var text = new StringBuilder();
        var currentNode = "";
        Walk(Snapshots.Single(s => s.Parent is null), "");
        text.Append(CultureInfo.InvariantCulture, $"CurrentSnapshotName=\"{Current.Name}\"\nCurrentSnapshotUUID=\"{Current.Uuid}\"\nCurrentSnapshotNode=\"SnapshotName{currentNode}\"\n");
        return text.ToString();

        void Walk(ImitatedSnapshot snapshot, string node)
        {
            if (snapshot == Current) currentNode = node;
            text.Append(CultureInfo.InvariantCulture, $"SnapshotName{node}=\"{snapshot.Name}\"\nSnapshotUUID{node}=\"{snapshot.Uuid}\"\n");
            if (snapshot.Description is { } said) text.Append(CultureInfo.InvariantCulture, $"SnapshotDescription{node}=\"{said}\"\n");
            var number = 1;
            foreach (var child in Snapshots.Where(s => s.Parent == snapshot)) Walk(child, string.Create(CultureInfo.InvariantCulture, $"{node}-{number++}"));
        }
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}

/// <summary>A snapshot of the imitation.</summary>
internal sealed class ImitatedSnapshot(string name, string? description, bool memory)
{
    internal string Name => name;

    internal string Uuid { get; } = Guid.NewGuid().ToString("D");

    internal string? Description => description;

    internal bool Memory => memory;

    internal ImitatedSnapshot? Parent { get; set; }
}
