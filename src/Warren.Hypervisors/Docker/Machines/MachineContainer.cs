using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>A container of ours, as the engine describes it (GET /containers/{id}/json).</summary>
internal sealed record MachineContainer
{
    private const int LongestDetail = 600;

    /// <summary>The engine's id of it.</summary>
    internal required string NativeId { get; init; }

    /// <summary>The word of its state: created, running, paused, restarting, removing, exited or dead.</summary>
    internal required string Status { get; init; }

    /// <summary>Process on the engine's host, while it runs.</summary>
    internal int ProcessId { get; init; }

    /// <summary>How it ended last.</summary>
    internal int ExitCode { get; init; }

    /// <summary>Killed for want of memory.</summary>
    internal bool OutOfMemory { get; init; }

    /// <summary>What the engine says of a start that failed.</summary>
    internal string Error { get; init; } = "";

    /// <summary>When it was last started: tells one run from another.</summary>
    internal string StartedAt { get; init; } = "";

    internal JsonObject Labels { get; init; } = [];

    /// <summary>Name of its restart policy.</summary>
    internal string RestartPolicy { get; init; } = "no";

    /// <summary>Published ports by <c>port/protocol</c> of the container: address and port of the host.</summary>
    internal IReadOnlyDictionary<string, (string Address, int Port)> Ports { get; init; } = new Dictionary<string, (string Address, int Port)>(StringComparer.Ordinal);

    /// <summary>Its own addresses in the engine's networks.</summary>
    internal IReadOnlyList<string> Addresses { get; init; } = [];

    internal bool Runs => Status is "running" or "restarting" or "paused";

    internal ObservedPower Power => PowerOf(Status);

    internal BootSource Boot => JsonSerializer.Deserialize<BootSource>(MachineMarks.Text(Labels, MachineMarks.Boot) ?? "null")
        ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"the container {NativeId[..12]} lacks the label {MachineMarks.Boot}");

    internal int DiskGiB => int.Parse(MachineMarks.Text(Labels, MachineMarks.DiskGiB) ?? "0", CultureInfo.InvariantCulture);

    /// <summary>
    /// Why it is off, when nobody wanted that. 0 is the guest's own end, 137 and 143 are SIGKILL and SIGTERM: those were
    /// asked for, unless memory ran out.
    /// </summary>
    internal string? Detail => Power != ObservedPower.Off || Status == "created" && Error.Length == 0 ? null
        : OutOfMemory ? "the machine's process was killed for want of memory"
        : Error.Length > 0 ? (Error.Length > LongestDetail ? Error[..LongestDetail] : Error)
        : ExitCode is 0 or 137 or 143 ? null
        : string.Create(CultureInfo.InvariantCulture, $"the container ended with {ExitCode}; its log tells why");

    /// <summary>Power for a word of state.</summary>
    internal static ObservedPower PowerOf(string? status) => status switch
    {
        "created" or "exited" or "configured" or "stopped" => ObservedPower.Off,
        "running" or "restarting" => ObservedPower.On,
        "paused" => ObservedPower.Paused,
        _ => ObservedPower.Unknown,
    };
}
