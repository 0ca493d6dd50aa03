using System.CommandLine;
using Warren.Cli;

namespace Cli.Tests.Verbs;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. Paths(CommandLine.Create(new GlobalOptions()), "")];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_has_help_with_examples_of_itself(string verb)
    {
        using var shell = new Shell();
        (await shell.RunAsync([.. verb.Split(' '), "--help"])).ShouldBe(0);
        shell.Out.ShouldContain("Usage:");
        shell.Out.ShouldContain("Examples:");
        shell.Out[shell.Out.IndexOf("Examples:", StringComparison.Ordinal)..].ShouldContain("warren " + verb);
    }

    [Theory]
    [InlineData("key")]
    [InlineData("image")]
    [InlineData("operation")]
    [InlineData("host")]
    [InlineData("token")]
    public async Task Nouns_go_by_one_too(string noun)
    {
        using var shell = new Shell();
        (await shell.RunAsync(noun, "list", "--help")).ShouldBe(0);
    }

    [Fact]
    public async Task The_whole_tells_its_exit_codes()
    {
        using var shell = new Shell();
        (await shell.RunAsync("--help")).ShouldBe(0);
        shell.Out.ShouldContain("Exit codes:");
        shell.Out.ShouldContain("WARREN_TOKEN");
    }

    [Fact]
    public async Task A_mistyped_verb_is_answered_with_the_near_one()
    {
        using var shell = new Shell();
        (await shell.RunAsync("lauch", "tiny")).ShouldBe(2);
        shell.Error.ShouldBe("warren: there is no 'lauch'; did you mean launch?\nSee `warren --help`.\n");
    }

    [Fact]
    public async Task Nothing_at_all_shows_what_there_is()
    {
        using var shell = new Shell();
        (await shell.RunAsync()).ShouldBe(2);
        shell.Out.ShouldBeEmpty();
        shell.Error.ShouldContain("launch <IMAGE>");
        (await shell.RunAsync("networks")).ShouldBe(2);
        shell.Error.ShouldContain("warren networks [command]");
    }

    private static IEnumerable<string> Paths(Command command, string path)
        => command is Verb ? [path] : command.Subcommands.SelectMany(inner => Paths(inner, $"{path} {inner.Name}".Trim()));
}
