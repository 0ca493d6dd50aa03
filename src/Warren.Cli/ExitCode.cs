using Warren.Contracts;

namespace Warren.Cli;

/// <summary>Exit codes: part of the command line's contract, listed in its help and in docs/cli.md.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int NotAllowed = 4;
    public const int Unreachable = 5;
    public const int Conflict = 6;

    /// <summary>As timeout(1) has it.</summary>
    public const int TimedOut = 124;

    /// <summary>128 + SIGINT.</summary>
    public const int Cancelled = 130;

    public const string Help = """
        Exit codes:
          0    done                        4    not allowed, or no valid token
          1    failed                      5    server unreachable
          2    usage or invalid value      6    conflict, wrong state or no capacity
          3    not found                   124  time out      130  cancelled (Ctrl-C)
        """;

    /// <summary>Decided by the problem's type; by its HTTP status when a newer server has types this client does not know.</summary>
    public static int Of(Problem problem) => problem.Kind switch
    {
        "validation" => Usage,
        "not-found" => NotFound,
        "unauthenticated" or "forbidden" => NotAllowed,
        "unreachable" => Unreachable,
        "conflict" or "precondition-failed" or "capacity-exhausted" or "in-use" or "name-taken" or "no-host" or "pool-empty" or "host-unavailable" or "illegal-state"
            or "idempotency-mismatch" or "quota-exceeded" or "already-running" or "too-many-requests" => Conflict,
        "deadline" or "timeout" => TimedOut,
        "internal" or "hypervisor" or "cancelled" or "superseded" or "unsupported" => Failed,
        _ => problem.Status switch
        {
            400 or 422 => Usage,
            401 or 403 => NotAllowed,
            404 => NotFound,
            409 or 412 or 429 => Conflict,
            _ => Failed,
        },
    };
}
