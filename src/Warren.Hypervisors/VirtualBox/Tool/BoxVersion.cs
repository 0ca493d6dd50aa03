using System.Globalization;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.VirtualBox.Tool;

/// <summary>A version, and how its VBoxManage calls what this driver says: 7.0 has renamed many options of modifyvm.</summary>
/// <param name="Text">As it says it: <c>7.2.22_Debianr175245</c>.</param>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
internal sealed partial record BoxVersion(string Text, int Major, int Minor)
{
    /// <summary>Reads what <c>--version</c> says.</summary>
    /// <exception cref="HypervisorException">Unsupported when it is none, or older than 6.1.</exception>
    internal static BoxVersion Parse(string text)
    {
        var match = Shape().Match(text);
        if (!match.Success) throw new HypervisorException(HypervisorErrorKind.Unsupported, $"this is no version of VirtualBox: {BoxAnswer.Short(text)}");
        var version = new BoxVersion(text, Number("major"), Number("minor"));
        return (version.Major, version.Minor).CompareTo((6, 1)) >= 0
            ? version
            : throw new HypervisorException(HypervisorErrorKind.Unsupported, $"VirtualBox {text} is too old: 6.1 or newer is needed");

        int Number(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
    }

    private bool Renamed => Major >= 7;

    internal string Mac => Renamed ? "--mac-address1" : "--macaddress1";

    internal string Forward => Renamed ? "--nat-pf1" : "--natpf1";

    internal string Graphics3D => Renamed ? "--accelerate-3d" : "--accelerate3d";

    internal string DragAndDrop => Renamed ? "--drag-and-drop" : "--draganddrop";

    internal string Clipboard => "--clipboard-mode";

    internal string Audio => Renamed ? "--audio-driver" : "--audio";

    internal string DisplayPort => Renamed ? "--vrde-port" : "--vrdeport";

    internal string DisplayAddress => Renamed ? "--vrde-address" : "--vrdeaddress";

    [GeneratedRegex(@"\A(?<major>[0-9]{1,3})\.(?<minor>[0-9]{1,3})\.[0-9]{1,4}[A-Za-z0-9_.-]{0,60}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shape();
}
