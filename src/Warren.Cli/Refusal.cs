using Warren.Contracts;

namespace Warren.Cli;

/// <summary>Refusals that the command line makes itself, in the form the server's have.</summary>
internal static class Refusal
{
    /// <summary>A value breaks a rule.</summary>
    /// <param name="field">The option or argument as the user types it: <c>--memory</c>.</param>
    /// <param name="rule">The rule, and what would be right.</param>
    public static WarrenException Invalid(string field, string rule)
        => new(new Problem("urn:warren:problem:validation", "Invalid value", 0)
        {
            Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [rule] },
        });

    /// <summary>Another kind of refusal.</summary>
    public static WarrenException Of(string kind, string title, string detail) => new(new Problem("urn:warren:problem:" + kind, title, 0, detail));
}
