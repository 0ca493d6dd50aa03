using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Templates;

internal sealed class TemplateImportVerb : Verb
{
    private readonly Argument<string> _file;
    private readonly Option<string> _update;

    public TemplateImportVerb() : base("import", "Save a template, or the next version of one", "warren templates import web.yaml", "warren templates import web.yaml --update web")
    {
        _file = Argument<string>("FILE", "File with the template; - reads standard input");
        _update = Option<string>("--update", "Make it the next version of this template", "NAME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Get(_file);
        var yaml = await TemplateFile.ReadAsync(call, path, cancellation);
        try
        {
            var saved = call.Get(_update) is { } name
                ? await call.Client.UpdateTemplateAsync(name, yaml, cancellation)
                : await call.Client.CreateTemplateAsync(yaml, cancellation);
            if (call.Screen.Json) call.Screen.WriteJson(saved);
            else call.Screen.Hint($"{saved.Name}: version {saved.Version}");
            return ExitCode.Ok;
        }
        catch (WarrenException e) when (!call.Screen.Json && e.Problem.Mistakes is { Count: > 0 } mistakes)
        {
            TemplateFile.Report(call, path, mistakes);
            return ExitCode.Usage;
        }
    }
}
