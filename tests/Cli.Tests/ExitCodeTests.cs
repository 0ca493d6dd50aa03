using Warren.Cli;
using Warren.Contracts;

namespace Cli.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("validation", 400, 2)]
    [InlineData("not-found", 404, 3)]
    [InlineData("unauthenticated", 401, 4)]
    [InlineData("forbidden", 403, 4)]
    [InlineData("unreachable", 0, 5)]
    [InlineData("conflict", 409, 6)]
    [InlineData("capacity-exhausted", 409, 6)]
    [InlineData("capacity-exhausted", 0, 6)]
    [InlineData("in-use", 409, 6)]
    [InlineData("name-taken", 409, 6)]
    [InlineData("illegal-state", 409, 6)]
    [InlineData("precondition-failed", 412, 6)]
    [InlineData("idempotency-mismatch", 422, 6)]
    [InlineData("too-many-requests", 429, 6)]
    [InlineData("quota-exceeded", 403, 6)]
    [InlineData("already-running", 409, 6)]
    [InlineData("internal", 500, 1)]
    [InlineData("hypervisor", 0, 1)]
    [InlineData("superseded", 0, 1)]
    [InlineData("deadline", 0, 124)]
    [InlineData("of-a-newer-server", 404, 3)]
    [InlineData("of-a-newer-server", 409, 6)]
    [InlineData("of-a-newer-server", 0, 1)]
    public void A_problem_decides_the_exit_code(string kind, int status, int code)
        => ExitCode.Of(new Problem("urn:warren:problem:" + kind, "x", status)).ShouldBe(code);
}
