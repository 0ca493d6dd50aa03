using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>A machine's configuration (qm.conf(5)) as far as it is read here.</summary>
internal sealed partial class MachineConfig(JsonObject config)
{
    private static readonly string[] s_buses = ["scsi", "virtio", "sata", "ide"];

    internal string? Tags => Fields.Text(config, "tags");

    /// <summary>Memory in MiB; the server's default is 512.</summary>
    internal int MemoryMiB => int.TryParse((Fields.Text(config, "memory") ?? "512").Split(',')[0].Replace("current=", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var memory) ? memory : 512;

    internal int Cpus => (Fields.Small(config, "cores") ?? 1) * (Fields.Small(config, "sockets") ?? 1);

    internal bool OnBoot => Fields.Flag(config, "onboot");

    internal string? Text(string name) => Fields.Text(config, name);

    /// <summary>Name of the first disk: <c>scsi0</c>; null when there is none.</summary>
    internal string? FirstDisk => Names().FirstOrDefault(n => !IsCdRom(n) && Text(n) is not null);

    /// <summary>Size of the first disk in bytes; null when there is none or it does not say.</summary>
    internal long? FirstDiskBytes => FirstDisk is { } disk && Size().Match(Text(disk)!) is { Success: true } match
        ? (long)Math.Min(1L << 60, decimal.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture) * Unit(match.Groups["unit"].Value)) : null;

    /// <summary>MAC address of the first card; null when there is none.</summary>
    internal string? MacAddress => Text("net0") is { } card && Mac().Match(card) is { Success: true } match ? match.Value.ToLowerInvariant() : null;

    private static IEnumerable<string> Names() =>
        s_buses.SelectMany(bus => Enumerable.Range(0, bus == "scsi" ? 31 : bus == "virtio" ? 16 : 6).Select(i => string.Create(CultureInfo.InvariantCulture, $"{bus}{i}")));

    private bool IsCdRom(string name) => Text(name) is { } drive && (drive.Contains("media=cdrom", StringComparison.Ordinal) || drive.Contains("cloudinit", StringComparison.Ordinal));

    private static decimal Unit(string unit) => unit switch
    {
        "K" => 1L << 10,
        "M" => 1L << 20,
        "G" => 1L << 30,
        "T" => 1L << 40,
        _ => 1,
    };

    [GeneratedRegex(@"(^|,)size=(?<number>[0-9]{1,12}(\.[0-9]{1,6})?)(?<unit>[KMGT]?)(,|$)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Size();

    [GeneratedRegex(@"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Mac();
}
