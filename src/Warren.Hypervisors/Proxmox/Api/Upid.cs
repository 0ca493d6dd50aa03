using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>A task's name: <c>UPID:node:pid:pstart:starttime:type:id:user:</c> (pve-common, PVE::Tools::upid_decode).</summary>
/// <param name="Text">The whole.</param>
/// <param name="Node">The node that it runs on.</param>
/// <param name="Type">What it does: <c>qmstart</c>, <c>qmigrate</c>, …</param>
/// <param name="Id">What it does it to, mostly a machine's number; may be empty.</param>
internal sealed partial record Upid(string Text, string Node, string Type, string Id)
{
    /// <summary>Reads one; null when it is none.</summary>
    internal static Upid? Read(string? text) =>
        text is { Length: <= 512 } && Shape().Match(text) is { Success: true } match
            ? new Upid(text, match.Groups["node"].Value, match.Groups["type"].Value, match.Groups["id"].Value)
            : null;

    [GeneratedRegex(
        @"\AUPID:(?<node>[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:(?<type>[^:\s/]{1,64}):(?<id>[^:\s/]{0,128}):[^:\s/]{1,200}:\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
