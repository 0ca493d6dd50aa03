using System.Text.Json;
using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>What is wrong with a body of JSON, in the words of the API: the reader's own name the program's types.</summary>
internal static partial class JsonFault
{
    private static readonly string[] s_required = ["is required"];

    public static Problem Of(JsonException e)
    {
        var field = e.Path is { Length: > 2 } path && path[1] == '.' ? path[2..] : e.Path is { Length: > 1 } list ? list[1..] : "body";
        if (e.Data[NoNulls.Member] is string member) field += "." + member;
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal)) return Problems.Validation(field, "there is no such field");
        if (Missing().Match(e.Message) is { Success: true } missing)
        {
            var within = field == "body" ? "" : field + ".";
            var names = Name().Matches(missing.Groups["names"].Value).Select(m => within + m.Groups["name"].Value).ToList();
            return names is [var one] ? Problems.Validation(one, "is required") : Problems.Validation(names.ToDictionary(n => n, _ => s_required, StringComparer.Ordinal));
        }

        if (Converted().Match(e.Message) is { Success: true } converted) return Problems.Validation(field, Wanted(converted.Groups["type"].Value));
        // Where in the text it is no JSON, and why; the names of types are for programmers.
        var said = e.Message.Split(" Path:")[0];
        return Problems.Validation(field, Typed().IsMatch(said) ? "not what belongs here" : said);
    }

    /// <summary>What a value of a type has to look like.</summary>
    private static string Wanted(string type)
    {
        if (Inner().Match(type) is { Success: true } inner) type = inner.Groups["type"].Value;
        if (type.StartsWith("System.Collections", StringComparison.Ordinal)) return type.Contains("Dictionary", StringComparison.Ordinal) ? "must be an object of names and values" : "must be a list";
        return type switch
        {
            "System.String" => "must be a text",
            "System.Boolean" => "must be true or false",
            "System.Int32" or "System.Int64" => "must be a whole number, and not too large for one",
            "System.Double" or "System.Decimal" => "must be a number",
            "System.DateTimeOffset" => "must be a time like 2026-01-31T12:00:00Z",
            _ when typeof(Problem).Assembly.GetType(type) is { IsEnum: true } words => "must be one of " + string.Join(", ", Enum.GetNames(words).Select(JsonNamingPolicy.KebabCaseLower.ConvertName)),
            _ => "must be an object",
        };
    }

    [GeneratedRegex(@"could not be converted to (?<type>.+?)\.(?: Path:|$)", RegexOptions.NonBacktracking)]
    private static partial Regex Converted();

    [GeneratedRegex(@"\ASystem\.Nullable`1\[(?<type>[^\]]+)\]\z", RegexOptions.NonBacktracking)]
    private static partial Regex Inner();

    [GeneratedRegex(@"missing required (?:properties|constructor parameters) including:? (?<names>[^.]+)", RegexOptions.NonBacktracking)]
    private static partial Regex Missing();

    [GeneratedRegex(@"'(?<name>[^']+)'", RegexOptions.NonBacktracking)]
    private static partial Regex Name();

    [GeneratedRegex(@"\b(?:System|Warren|Microsoft)\.\w", RegexOptions.NonBacktracking)]
    private static partial Regex Typed();
}
