using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Docker.Engine;

/// <summary>What the engine answered.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON, or null when there was none.</param>
internal sealed partial record EngineAnswer(int Status, JsonNode? Body)
{
    private const int LongestMessage = 800;

    /// <summary>Done, or 304: it was so already.</summary>
    internal bool Ok => Status is (>= 200 and < 300) or 304;

    /// <summary>The body of an answer that must be fine.</summary>
    /// <exception cref="HypervisorException">As <see cref="Failure"/>.</exception>
    internal JsonNode Require(string what) =>
        !Ok ? throw Failure(what)
        : Body ?? throw new HypervisorException(HypervisorErrorKind.Unreachable, $"{what}: the engine's answer is empty");

    /// <summary>Insists on an answer that is fine or has one of the other statuses.</summary>
    /// <exception cref="HypervisorException">As <see cref="Failure"/>.</exception>
    internal void Insist(string what, params int[] orStatus)
    {
        if (!Ok && !orStatus.Contains(Status)) throw Failure(what);
    }

    /// <summary>The failure it stands for (Docker Engine API, "Errors": the statuses; a held port is a 500 there, told by its words).</summary>
    internal HypervisorException Failure(string what)
    {
        var said = Message();
        if (HeldPort().Match(said) is { Success: true } port)
            return new HypervisorException(HypervisorErrorKind.Busy, $"port {port.Groups["port"].Value} is held by another: {said}");
        var kind = Status switch
        {
            404 when said.Contains("o such container", StringComparison.Ordinal) => HypervisorErrorKind.NotFound,
            404 when said.Contains("o such volume", StringComparison.Ordinal) => HypervisorErrorKind.NotFound,
            409 => HypervisorErrorKind.Busy,
            501 => HypervisorErrorKind.Unsupported,
            502 or 503 or 504 => HypervisorErrorKind.Unreachable,
            _ => HypervisorErrorKind.Rejected,
        };
        return new HypervisorException(kind, $"{what}: {said}");
    }

    private string Message()
    {
        var said = Body is JsonObject body && body["message"] is JsonValue value && value.TryGetValue<string>(out var text) ? text.Trim() : $"the engine answered {Status}";
        return said.Length > LongestMessage ? said[..LongestMessage] : said;
    }

    [GeneratedRegex(
        @"(Bind for [0-9.]+:(?<port>\d+) failed: port is already allocated)"
        + @"|(listen (tcp|udp)4? [0-9.]+:(?<port>\d+): bind: address already in use)"
        + @"|(cannot listen on the (TCP|UDP) port: .*?:(?<port>\d+): bind: address already in use)",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeldPort();
}
