using System.Globalization;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>One machine as <c>showvminfo --machinereadable</c> tells it.</summary>
internal sealed class VmInfo(IReadOnlyDictionary<string, string> values)
{
    /// <summary>A machine that has just been made, of which nothing has been set.</summary>
    internal static VmInfo Fresh { get; } = new(new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Everything that was said.</summary>
    internal IReadOnlyDictionary<string, string> Values => values;

    internal string Name => Text("name") ?? "";

    internal string? Uuid => Text("UUID");

    internal string? State => Text("VMState");

    internal ObservedPower Power => VmStates.PowerOf(State);

    /// <summary>It does not run and holds no memory: its settings can be changed.</summary>
    internal bool IsOff => Power == ObservedPower.Off;

    internal string? ChangedAt => Text("VMStateChangeTime");

    internal string? SettingsFile => Text("CfgFile");

    internal string? CurrentSnapshot => Text("CurrentSnapshotName");

    internal int MemoryMiB => Number("memory");

    internal int Cpus => Number("cpus");

    internal Firmware Firmware => Text("firmware")?.StartsWith("EFI", StringComparison.OrdinalIgnoreCase) == true ? Firmware.Uefi : Firmware.Bios;

    /// <summary>Rules of its first card, as <c>name,tcp,127.0.0.1,2222,,22</c>.</summary>
    internal IEnumerable<string> Forwards => values.Where(v => v.Key.StartsWith("Forwarding(", StringComparison.Ordinal)).Select(v => v.Value);

    /// <summary>The medium in a slot of our controller; null when it is empty.</summary>
    internal string? Medium(int port) =>
        Text(string.Create(CultureInfo.InvariantCulture, $"{MachineSettings.Controller}-{port}-0")) is { } medium && medium is not ("none" or "emptydrive") ? medium : null;

    internal string? Text(string key) => values.TryGetValue(key, out var value) ? value : null;

    private int Number(string key) => int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

/// <summary>A line of <c>list vms</c>: <c>"name" {uuid}</c>.</summary>
internal static class VmList
{
    /// <summary>Names and uuids; what is no such line is left out.</summary>
    internal static IReadOnlyList<(string Name, string Uuid)> Parse(string text)
    {
        var found = new List<(string, string)>();
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            // A name may hold quotes and braces: the last ones are the tool's.
            var at = line.LastIndexOf("\" {", StringComparison.Ordinal);
            if (at >= 1 && line[0] == '"' && line[^1] == '}' && Guid.TryParseExact(line[(at + 3)..^1], "D", out var uuid))
                found.Add((line[1..at], uuid.ToString("D")));
            else if (line.StartsWith("<inaccessible> {", StringComparison.Ordinal) && Guid.TryParseExact(line[16..^1], "D", out var lost))
                found.Add(("<inaccessible>", lost.ToString("D")));
        }

        return found;
    }
}
