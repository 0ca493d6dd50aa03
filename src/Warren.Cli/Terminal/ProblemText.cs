using Warren.Contracts;

namespace Warren.Cli.Terminal;

/// <summary>Says what is wrong and what to do, in one or two lines.</summary>
internal static class ProblemText
{
    /// <summary>Fields of the API whose option has another name.</summary>
    private static readonly Dictionary<string, string> s_options = new(StringComparer.OrdinalIgnoreCase)
    {
        ["memoryMiB"] = "--memory",
        ["cpus"] = "--cpus",
        ["diskGiB"] = "--disk",
        ["name"] = "--name",
        ["image"] = "IMAGE",
        ["keys"] = "--key",
        ["userData"] = "--user-data",
        ["forwards"] = "--forward",
        ["dataDisks"] = "--data-disk",
        ["ttlSeconds"] = "--ttl",
        ["graceSeconds"] = "--grace",
        ["checksum"] = "--checksum",
        ["host"] = "--host",
        ["hostLabels"] = "--label",
        ["requires"] = "--requires",
        ["network"] = "--network",
        ["options"] = "--option",
        ["hypervisor"] = "--hypervisor",
        ["settings"] = "--setting",
        ["labels"] = "--label",
        ["reservedMemoryMiB"] = "--reserve",
        ["machineLimit"] = "--limit",
        ["publicKey"] = "FILE.pub",
        ["days"] = "--days",
        ["template"] = "--template",
        ["target"] = "--target",
        ["min"] = "--min",
        ["max"] = "--max",
        ["maxAgeSeconds"] = "--max-age",
        ["leaseSeconds"] = "--ttl",
        ["leaseMaximumSeconds"] = "--max-ttl",
        ["wait"] = "--wait",
    };

    public static IEnumerable<string> Lines(Problem problem, string? about)
    {
        var prefix = about is null ? "warren: " : $"warren: {about}: ";
        if (problem.Errors is not { Count: > 0 } errors) return [prefix + Sentence(problem)];
        // No field is wrong here: each host says why it does not take the machine.
        if (problem.Type == "urn:warren:problem:no-host")
            return [$"{prefix}no host takes it", .. errors.Select(error => $"  {error.Key[(error.Key.IndexOf('.', StringComparison.Ordinal) + 1)..]}: {string.Join("; ", error.Value)}")];
        return errors.Select(error => $"{prefix}{Field(error.Key)}: {string.Join("; ", error.Value)}");
    }

    /// <summary>The detail says it all where the server refused; where something broke, the title says what broke.</summary>
    private static string Sentence(Problem problem) => problem switch
    {
        { Detail: null } => problem.Title,
        { Type: "urn:warren:problem:internal" or "urn:warren:problem:hypervisor" } => $"{problem.Title}: {problem.Detail}",
        _ => problem.Detail,
    };

    /// <summary>What to do, where the server cannot know it.</summary>
    public static string? Advice(Problem problem) => problem.Kind switch
    {
        "unreachable" => "Is it running? Start it with `make run`, or name another one with --server or WARREN_URL.",
        "unauthenticated" => "Run this as the user that runs the server, or set WARREN_TOKEN (`warren tokens create` makes one).",
        "quota-exceeded" => "`warren limits` shows what you may have.",
        "already-running" when problem.Machine is { } machine => $"Use it with `warren ssh {Printable.Of(machine.Name)}` or `warren console {Printable.Of(machine.Name)} --open`, or end it with `warren stop {Printable.Of(machine.Name)}`.",
        _ => null,
    };

    private static string Field(string field)
    {
        var end = field.AsSpan().IndexOfAny('[', '.');
        return s_options.TryGetValue(end < 0 ? field : field[..end], out var option) ? $"{field} ({option})" : field;
    }
}
