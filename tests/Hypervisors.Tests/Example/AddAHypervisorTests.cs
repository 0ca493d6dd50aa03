using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests.Example;

/// <summary>The page for newcomers is true: what it shows compiles under the same rules and keeps the contract.</summary>
public sealed partial class AddAHypervisorTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_driver_of_the_page_compiles()
    {
        using var tree = Take(await PageAsync());
        await BuildAsync(tree, "src/Warren.Hypervisors", "-p:RunAnalyzers=false");
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task The_driver_of_the_page_builds_and_keeps_the_contract_with_the_skips_it_lists()
    {
        var document = await PageAsync();
        using var tree = Take(document);
        await BuildAsync(tree, "tests/Hypervisors.Tests");
        var results = Path.Combine(tree.Root, "plain.json");
        await RunAsync(tree, "tests/Hypervisors.Tests/bin/Debug/net10.0/Hypervisors.Tests.dll",
            "-class", "Hypervisors.Tests.Plain.PlainContract", "-noColor", "-ctrf", results);

        var tests = JsonNode.Parse(await File.ReadAllTextAsync(results, Cancellation))!["results"]!["tests"]!.AsArray();
        var skipped = tests.Where(t => (string?)t!["status"] == "skipped").Select(t => (string?)t!["extra"]!["reason"]).ToArray();
        tests.Count(t => (string?)t!["status"] == "passed").ShouldBe(tests.Count - skipped.Length);
        tests.Count.ShouldBeGreaterThan(skipped.Length + 30, "most of what needs no facet has run");
        skipped.Distinct().Order(StringComparer.Ordinal).ShouldBe(Reasons().Match(document).Groups["reasons"].Value.TrimEnd().Split('\n'));
    }

    private static Task<string> PageAsync() => File.ReadAllTextAsync(Path.Combine(TinyImage.Clone(), "docs", "add-a-hypervisor.md"), Cancellation);

    private static ExampleTree Take(string document)
    {
        var tree = new ExampleTree(document);
        tree.Added.Count.ShouldBe(6, "four files of the driver, one line, one class of tests");
        return tree;
    }

    // Servers that stay behind would hold our pipes, and this folder.
    private Task BuildAsync(ExampleTree tree, string project, params string[] more) =>
        RunAsync(tree, ["build", project, "-v", "q", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. more]);

    private async Task RunAsync(ExampleTree tree, params string[] arguments)
    {
        var result = await new CommandRunner().RunAsync(new Command("dotnet", arguments)
        {
            WorkingDirectory = tree.Root,
            Timeout = TimeSpan.FromMinutes(10),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["WARREN_TEST_TINY"] = await TinyImage.PathAsync(),
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
                ["MSBUILDDISABLENODEREUSE"] = "1",
            },
        }, Cancellation);
        output.WriteLine(result.Output);
        result.ExitCode.ShouldBe(0, result.Output + result.Error);
    }

    [GeneratedRegex(@"```text\n(?<reasons>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reasons();
}
