using System.Globalization;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>
/// What tells our machines from others: a tag with our id and the machine's own number, so that a copy somebody makes of it,
/// tags and all, is not taken for ours. While a machine is being made its name says so.
/// </summary>
internal static partial class MachineMarks
{
    /// <summary>The tag: <c>warren-ID-VMID</c>.</summary>
    internal static string Tag(string id, int vmid) => string.Create(CultureInfo.InvariantCulture, $"warren-{id}-{vmid}");

    /// <summary>The name that a machine has until it is whole. A copy of another has only this, for its tags are the other's.</summary>
    internal static string BuildingName(string id, int vmid) => Tag(id, vmid);

    /// <summary>Our id in the tags of a machine, or in the name of one that is being made; null where there is none.</summary>
    internal static string? IdOf(int vmid, string? name, string? tags)
    {
        foreach (var tag in Split(tags).Append(name ?? ""))
        {
            if (Shape().Match(tag) is { Success: true } match && match.Groups["vmid"].Value == vmid.ToString(CultureInfo.InvariantCulture))
                return match.Groups["id"].Value;
        }

        return null;
    }

    /// <summary>The tags with ours and without those of a machine that this one was copied from.</summary>
    internal static string Join(string? tags, string id, int vmid) =>
        string.Join(';', Split(tags).Where(t => !Shape().IsMatch(t)).Append(Tag(id, vmid)));

    private static string[] Split(string? tags) =>
        (tags ?? "").Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"\Awarren-(?<id>[a-z0-9]{1,40})-(?<vmid>[1-9][0-9]{2,8})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
