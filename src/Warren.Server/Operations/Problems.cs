using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;

namespace Warren.Server.Operations;

/// <summary>Every problem type there is, made in one place so that the identifiers stay stable.</summary>
internal static class Problems
{
    public const string Prefix = "urn:warren:problem:";

    public static Problem Of(string name, int status, string title, string? detail = null) => new(Prefix + name, title, status, detail);

    public static Problem Validation(string field, params string[] rules)
        => Validation(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = rules });

    public static Problem Validation(IReadOnlyDictionary<string, string[]> errors)
        => Of("validation", 400, "The request breaks a rule", string.Join("; ", errors.SelectMany(e => e.Value.Select(r => $"{e.Key}: {r}"))))
            with { Errors = errors };

    public static Problem Forbidden(string detail) => Of("forbidden", 403, "Not allowed", detail);

    public static Problem NotFound(string what) => Of("not-found", 404, "Not found", what);

    public static Problem NameTaken(string name) => Of("name-taken", 409, "The name is taken", $"name: '{name}' is in use; choose another")
        with { Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { ["name"] = [$"'{name}' is in use"] } };

    public static Problem IllegalState(string detail) => Of("illegal-state", 409, "Not in this state", detail);

    public static Problem Conflict(string detail) => Of("conflict", 409, "Something else is under way", detail);

    public static Problem InUse(string detail) => Of("in-use", 409, "It is in use", detail);

    public static Problem Capacity(string detail) => Of("capacity-exhausted", 409, "The host is full", detail);

    public static Problem Unavailable(string detail) => Of("host-unavailable", 409, "The host cannot be used now", detail);

    public static Problem NoSpace() => Of("no-space", 507, "A disk of the server is full", "Nothing was changed. Try again when there is room.");

    /// <summary>A pool has no spare; the detail says what is being done about it.</summary>
    public static Problem PoolEmpty(string detail, int retryAfterSeconds)
        => Of("pool-empty", 503, "No spare is ready", detail) with { RetryAfterSeconds = retryAfterSeconds };

    /// <summary>No host takes a machine; one entry for each host.</summary>
    public static Problem NoHost(string detail, IReadOnlyDictionary<string, string[]> hosts)
        => Of("no-host", 409, "No host takes it", detail) with { Errors = hosts };

    public static Problem Unsupported(string detail) => Of("unsupported", 422, "This host cannot do that", detail);

    public static Problem Cancelled() => Of("cancelled", 0, "Cancelled", "It was cancelled on request; what it had begun was undone.");

    public static Problem Superseded(string by) => Of("superseded", 0, "Superseded", $"{by} took its place.");

    public static Problem Deadline(TimeSpan after, string step)
        => Of("deadline", 0, "It took too long", $"Not done after {after.TotalSeconds:0} s, in step '{step}'.");

    public static Problem Internal() => Of("internal", 500, "Something went wrong inside Warren", "The server's log has the details.");

    public static Problem From(HypervisorException e)
        => Of("hypervisor", 0, e.Kind switch
        {
            HypervisorErrorKind.NotFound => "The hypervisor does not have it",
            HypervisorErrorKind.Busy => "The hypervisor holds it busy",
            HypervisorErrorKind.Unreachable => "The hypervisor does not answer",
            HypervisorErrorKind.Unsupported => "The hypervisor cannot do that",
            _ => "The hypervisor refused",
        }, e.Message);

    public static string ToJson(Problem problem) => JsonSerializer.Serialize(problem, WarrenJson.Options);
}

/// <summary>An expected refusal on its way to the one place that turns it into HTTP.</summary>
internal sealed class RefusedException(Problem problem) : Exception(problem.Detail ?? problem.Title)
{
    public Problem Problem { get; } = problem;
}
