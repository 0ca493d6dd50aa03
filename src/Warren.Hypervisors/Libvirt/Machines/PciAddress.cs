using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>A PCI device of the host that is handed to a machine.</summary>
internal sealed partial record PciAddress(int Domain, int Bus, int Slot, int Function)
{
    /// <summary>Name of the machine option.</summary>
    internal const string Option = "pciDevices";

    private const int Most = 16;

    /// <summary>The list in a machine's options: <c>0000:01:00.0,0000:01:00.1</c>.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static IReadOnlyList<PciAddress> List(IReadOnlyDictionary<string, string> options)
    {
        if (!options.TryGetValue(Option, out var text) || text.Length == 0) return [];
        var list = text.Split(',', StringSplitOptions.TrimEntries).Select(Parse).ToList();
        if (list.Count > Most || list.Distinct().Count() != list.Count) throw Wrong();
        return list;
    }

    internal XElement ToXml() => new("address",
        new XAttribute("domain", Hex(Domain, 4)), new XAttribute("bus", Hex(Bus, 2)), new XAttribute("slot", Hex(Slot, 2)), new XAttribute("function", Hex(Function, 1)));

    private static PciAddress Parse(string text)
    {
        var match = Shape().Match(text);
        if (!match.Success) throw Wrong();
        var parts = match.Groups.Values.Skip(1).Select(g => int.Parse(g.Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToArray();
        // A bus has 32 slots of 8 functions (PCI Local Bus Specification).
        return parts[2] < 32 ? new PciAddress(parts[0], parts[1], parts[2], parts[3]) : throw Wrong();
    }

    private static string Hex(int value, int digits) => "0x" + value.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static HypervisorException Wrong() => new(HypervisorErrorKind.Rejected,
        $"options.{Option} must be at most {Most} different PCI addresses such as 0000:01:00.0, with commas between");

    [GeneratedRegex(@"\A(?<domain>[0-9a-f]{4}):(?<bus>[0-9a-f]{2}):(?<slot>[0-9a-f]{2})\.(?<function>[0-7])\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shape();
}
