using System.CommandLine;
using System.CommandLine.Parsing;

namespace Warren.Cli.Terminal;

/// <summary>Help of a verb with its examples, of the whole with its exit codes, and what is said to wrong usage.</summary>
internal static class HelpPage
{
    public static int Write(ParseResult parsed, Surroundings around)
    {
        WriteTo(parsed, around.Out);
        return ExitCode.Ok;
    }

    public static int WriteUsageError(ParseResult parsed, Surroundings around)
    {
        var path = Path(parsed);
        if (parsed.CommandResult.Command is not Verb && parsed.UnmatchedTokens.Count == 0)
        {
            // A noun without a verb, or nothing at all: show what there is.
            WriteTo(parsed.RootCommandResult.Command.Parse([.. path.Skip(1), "--help"]), around.Error);
            return ExitCode.Usage;
        }

        foreach (var error in Errors(parsed)) around.Error.WriteLine("warren: " + Printable.Of(error));
        around.Error.WriteLine($"See `{string.Join(' ', path)} --help`.");
        return ExitCode.Usage;
    }

    private static IEnumerable<string> Errors(ParseResult parsed)
        => parsed.CommandResult.Command is Verb
            ? parsed.Errors.Select(error => error.Message).Distinct()
            : [$"there is no '{parsed.UnmatchedTokens[0]}'{Suggestion(parsed)}"];

    private static string Suggestion(ParseResult parsed)
    {
        var typed = parsed.UnmatchedTokens[0];
        var near = parsed.CommandResult.Command.Subcommands.Select(command => command.Name)
            .Where(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase) || IsNear(name, typed)).ToArray();
        return near.Length == 0 ? "" : $"; did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>One letter more, less or other, or two swapped.</summary>
    private static bool IsNear(string name, string typed)
    {
        if (Math.Abs(name.Length - typed.Length) > 1 || name.Length < 3) return false;
        var start = name.Zip(typed).TakeWhile(pair => pair.First == pair.Second).Count();
        var end = name.Reverse().Zip(typed.Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return start + end >= Math.Max(name.Length, typed.Length) - (name.Length == typed.Length ? 2 : 1);
    }

    private static void WriteTo(ParseResult parsed, TextWriter writer)
    {
        using var page = new StringWriter();
        parsed.Invoke(new InvocationConfiguration { Output = page });
        writer.WriteLine(page.ToString().Trim());
        switch (parsed.CommandResult.Command)
        {
            case RootCommand:
                writer.WriteLine($"\n{ExitCode.Help}\n\n{Variables}");
                break;
            case Verb { Examples.Count: > 0 } verb:
                writer.WriteLine("\nExamples:");
                foreach (var example in verb.Examples) writer.WriteLine("  " + example);
                break;
        }
    }

    private const string Variables = """
        Variables:
          WARREN_URL, WARREN_TOKEN   the server and the token for it
          WARREN_DATA                the server's data folder on this machine, where both are found otherwise
          WARREN_SSH                 the ssh program to run
          NO_COLOR                   no colours
        """;

    private static List<string> Path(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result is not null; result = result.Parent as CommandResult)
        {
            names.Insert(0, result.Command is RootCommand ? "warren" : result.Command.Name);
        }

        return names;
    }
}
