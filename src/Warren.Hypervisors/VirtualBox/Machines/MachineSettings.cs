using System.Globalization;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>A definition as arguments of <c>modifyvm</c>, a word each: no value is ever part of another.</summary>
internal static class MachineSettings
{
    /// <summary>The one controller, and what is plugged in where.</summary>
    internal const string Controller = "SATA";

    internal const int SystemPort = 0, MediumPort = 1, SeedPort = 2, FirstDataPort = 3;

    /// <summary>Ports of an AHCI controller.</summary>
    private const int MostPorts = 30;

    private const int DefaultVideoMiB = 16, MostVideoMiB = 256;

    private static readonly string[] s_directions = ["disabled", "hosttoguest", "guesttohost", "bidirectional"];

    internal static int Ports(MachineDefinition definition) => FirstDataPort + definition.DataDisks.Count;

    /// <summary>Everything that a stopped machine is to be. What its forwards were is taken away first.</summary>
    internal static IReadOnlyList<string> Modify(string name, MachineDefinition definition, BoxVersion version, IEnumerable<string> formerForwards)
    {
        List<string> line =
        [
            "modifyvm", name,
            "--description", $"{definition.Name}, made by Warren",
            "--memory", Text(definition.MemoryMiB),
            "--cpus", Text(definition.Cpus),
            "--ioapic", "on",
            "--firmware", definition.Firmware == Firmware.Uefi ? "efi" : "bios",
            // Disk before medium: what has been installed from a medium boots from the disk, and an empty disk is passed over.
            "--boot1", "disk", "--boot2", "dvd", "--boot3", "none", "--boot4", "none",
            "--graphicscontroller", "vmsvga",
            "--vram", Option(definition, "videoMemoryMiB") ?? Text(DefaultVideoMiB),
            version.Graphics3D, IsOn(definition, "graphics3d") ? "on" : "off",
            version.Clipboard, Option(definition, "clipboard") ?? "disabled",
            version.DragAndDrop, Option(definition, "dragAndDrop") ?? "disabled",
            version.Audio, "none",
            "--nic1", "nat",
            version.Mac, definition.MacAddress.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant(),
        ];
        foreach (var rule in formerForwards) line.AddRange([version.Forward, "delete", rule.Split(',')[0]]);
        for (var i = 0; i < definition.Forwards.Count; i++)
        {
            var f = definition.Forwards[i];
            line.AddRange([version.Forward, string.Create(CultureInfo.InvariantCulture, $"w{i},{f.Protocol},{f.HostAddress},{f.HostPort},,{f.GuestPort}")]);
        }

        if (Option(definition, "privateNetwork") is { } network) line.AddRange(["--nic2", "intnet", "--intnet2", network]);
        else line.AddRange(["--nic2", "none"]);
        // Only on the host's own loopback: it asks for no password, and one in an argument could be read by everybody there.
        if (Option(definition, "remoteDesktopPort") is { } port) line.AddRange(["--vrde", "on", version.DisplayAddress, "127.0.0.1", version.DisplayPort, port]);
        else line.AddRange(["--vrde", "off"]);
        return line;
    }

    /// <summary>Insists on options with values that VirtualBox knows.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the field and the rule.</exception>
    internal static void Check(MachineDefinition definition)
    {
        if (Option(definition, "graphics3d") is not (null or "true" or "false")) throw Refuse("options.graphics3d must be true or false");
        foreach (var name in new[] { "clipboard", "dragAndDrop" })
            if (Option(definition, name) is { } way && !s_directions.Contains(way)) throw Refuse($"options.{name} must be {string.Join(", ", s_directions)}");
        if (Option(definition, "frontend") is not (null or "headless" or "gui")) throw Refuse("options.frontend must be headless or gui");
        CheckNumber(definition, "videoMemoryMiB", 1, MostVideoMiB);
        CheckNumber(definition, "remoteDesktopPort", 1, 65535);
        if (Option(definition, "guestType") is { } type && (type.Length is 0 or > 40 || !type.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')))
            throw Refuse("options.guestType must be 1-40 letters, digits and _, as in VBoxManage list ostypes");
        if (Option(definition, "privateNetwork") is { } network) DefinitionRules.CheckNetwork(network);
        if (Ports(definition) > MostPorts) throw Refuse(string.Create(CultureInfo.InvariantCulture, $"dataDisks must be at most {MostPorts - FirstDataPort}"));
    }

    /// <summary>An option that is stated.</summary>
    internal static string? Option(MachineDefinition definition, string name) => definition.Options.TryGetValue(name, out var value) ? value : null;

    internal static bool IsOn(MachineDefinition definition, string name) => Option(definition, name) == "true";

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void CheckNumber(MachineDefinition definition, string name, int least, int most)
    {
        if (Option(definition, name) is { } text && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most))
            throw Refuse(string.Create(CultureInfo.InvariantCulture, $"options.{name} must be {least} to {most}"));
    }

    private static HypervisorException Refuse(string message) => new(HypervisorErrorKind.Rejected, message);
}
