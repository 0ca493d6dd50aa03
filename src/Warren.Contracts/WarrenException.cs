namespace Warren.Contracts;

/// <summary>The server refused or failed, or could not be reached; <see cref="Problem"/> says which.</summary>
public class WarrenException : Exception
{
    /// <summary>Wraps a problem.</summary>
    public WarrenException(Problem problem, Exception? inner = null)
        : base(problem.Detail ?? problem.Title, inner) => Problem = problem;

    /// <summary>The refusal or failure; programs decide by its <see cref="Contracts.Problem.Type"/>.</summary>
    public Problem Problem { get; }

    /// <summary>The problem's <see cref="Contracts.Problem.Kind"/>.</summary>
    public string Kind => Problem.Kind;
}

/// <summary>
/// No answer came: the server is not running, the address is wrong, or the connection broke. Its problem has the type
/// <c>urn:warren:problem:unreachable</c>, which no server sends.
/// </summary>
public sealed class WarrenUnreachableException : WarrenException
{
    /// <summary>Type of the problem.</summary>
    public const string ProblemType = "urn:warren:problem:unreachable";

    /// <summary>Says which server did not answer and why.</summary>
    public WarrenUnreachableException(Uri server, string reason, Exception? inner = null)
        : base(new Problem(ProblemType, "Server unreachable", 0, $"cannot reach the server at {server.GetLeftPart(UriPartial.Authority)}: {reason}"), inner)
    {
    }
}
