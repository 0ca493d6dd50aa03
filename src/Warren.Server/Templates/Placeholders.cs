using System.Text.RegularExpressions;

namespace Warren.Server.Templates;

/// <summary>
/// <c>{user}</c> and <c>{machine}</c> in a template's texts. <c>{{</c> stands for a brace. <c>${name}</c> is the shell's, and
/// a brace that no name and brace follow is just a brace, so that scripts mostly stay as they are.
/// </summary>
internal static partial class Placeholders
{
    public const string User = "user";
    public const string Machine = "machine";

    /// <summary>Calls <paramref name="unknown"/> with name and position of each placeholder that is none.</summary>
    public static void Check(string text, IReadOnlyCollection<string> known, Action<string, int> unknown)
    {
        foreach (Match match in Pattern().Matches(text))
            if (match.Groups["name"] is { Success: true, Value: var name } && !known.Contains(name)) unknown(name, match.Index);
    }

    /// <summary>The text with its placeholders filled in; those without a value stay.</summary>
    public static string Fill(string text, IReadOnlyDictionary<string, string> values) => Pattern().Replace(text, match => match.Value switch
    {
        "{{" => "{",
        "${{" => "${",
        _ when match.Groups["name"] is { Success: true, Value: var name } => values.GetValueOrDefault(name, match.Value),
        _ => match.Value,
    });

    [GeneratedRegex(@"\{\{|\$\{\{|\$\{|\{(?<name>[A-Za-z][A-Za-z0-9_-]*)\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
