using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Templates;

internal sealed class TemplateShowVerb : Verb
{
    private static readonly string[] s_headings = ["VERSION", "MADE"];
    private readonly Argument<string> _name;
    private readonly Option<int?> _version;
    private readonly Option<bool> _versions;

    public TemplateShowVerb() : base("show", "Show what a template says", "warren templates show web-server", "warren templates show mine --version 2", "warren templates show mine --versions")
    {
        Aliases.Add("info");
        _name = Argument<string>("NAME", "The template's name");
        _version = Option<int?>("--version", "A version of it [the newest]", "N");
        _versions = Option<bool>("--versions", "List its versions");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Get(_versions))
        {
            var versions = new List<Template>();
            await foreach (var version in call.Client.ListTemplateVersionsAsync(call.Get(_name), cancellation)) versions.Add(version);
            call.Screen.WriteList(versions, "No versions.", s_headings, v => [$"{v.Version}", v.CreatedAt is { } made ? Figures.Time(made) : "built in"]);
            return ExitCode.Ok;
        }

        var template = await call.Client.GetTemplateAsync(call.Get(_name), call.Get(_version), cancellation);
        call.Screen.WriteThing(template, TemplateText.Properties(template));
        return ExitCode.Ok;
    }
}
