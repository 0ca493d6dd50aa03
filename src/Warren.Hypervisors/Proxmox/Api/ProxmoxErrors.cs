using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>What a refusal stands for. The API answers nearly every failure with 500 and tells it by words alone.</summary>
internal static partial class ProxmoxErrors
{
    private const int LongestMessage = 800;

    /// <summary>The failure of an answer (pve-http-server: 595 and 596 are the proxy's own when another node cannot be reached).</summary>
    internal static HypervisorException Of(string what, int status, string? reason, JsonNode? body)
    {
        var said = Message(status, reason, body);
        var kind = status switch
        {
            400 or 401 or 403 or 413 => HypervisorErrorKind.Rejected,
            501 => HypervisorErrorKind.Unsupported,
            502 or 503 or 504 or 595 or 596 or 597 or 598 or 599 => HypervisorErrorKind.Unreachable,
            404 => HypervisorErrorKind.NotFound,
            _ => KindOf(said),
        };
        return new HypervisorException(kind, status switch
        {
            401 => $"{what}: the server does not accept the token or password ({said})",
            403 => $"{what}: the account lacks a right: {said}",
            595 or 596 => $"{what}: the node is away ({said})",
            _ => $"{what}: {said}",
        });
    }

    /// <summary>The failure of a task, by its exit status.</summary>
    internal static HypervisorException OfTask(string what, string exit) => new(KindOf(exit), $"{what}: {Cut(exit)}");

    internal static HypervisorErrorKind KindOf(string said)
    {
        if (Held().IsMatch(said)) return HypervisorErrorKind.Busy;
        if (Gone().IsMatch(said)) return HypervisorErrorKind.NotFound;
        if (Silent().IsMatch(said)) return HypervisorErrorKind.Unreachable;
        return HypervisorErrorKind.Rejected;
    }

    /// <summary>The message, with the errors of each parameter; old versions have it in the status line only.</summary>
    private static string Message(int status, string? reason, JsonNode? body)
    {
        var said = Fields.Text(body, "message") is { Length: > 0 } message ? message.Trim() : string.IsNullOrWhiteSpace(reason) ? $"the server answered {status}" : reason.Trim();
        if ((body as JsonObject)?["errors"] is JsonObject errors)
            said += " " + string.Join("; ", errors.Select(e => $"{e.Key}: {Fields.Text(e.Value)?.Trim()}"));
        return Cut(said);
    }

    private static string Cut(string text)
    {
        var clean = new string([.. text.Trim().Select(c => char.IsControl(c) ? ' ' : c)]);
        return clean.Length > LongestMessage ? clean[..LongestMessage] : clean;
    }

    [GeneratedRegex(@"is locked|can't lock file|can't acquire (cfs )?lock|got lock (request )?timeout|already (being )?migrat|is in use", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Held();

    [GeneratedRegex(@"configuration file '[^']*' does not exist|(vm|snapshot|task) '?[^' ]*'? (does not exist|not running|is not running)|no such (vm|task)|unable to find (a )?configuration file for vm", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Gone();

    [GeneratedRegex(@"guest agent is not running|connection (refused|timed out|reset)|no route to host|network is unreachable|connect to host|got timeout|no quorum", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Silent();
}
