using System.CommandLine;

namespace Warren.Cli.Templates;

internal sealed class TemplateExportVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<int?> _version;
    private readonly Option<string> _output;

    public TemplateExportVerb() : base("export", "Write a template's exact text", "warren templates export web-server > mine.yaml", "warren templates export mine --version 2 --output old.yaml")
    {
        _name = Argument<string>("NAME", "The template's name");
        _version = Option<int?>("--version", "A version of it [the newest]", "N");
        _output = Option<string>("--output", "File to write [standard output]", "FILE", "-o");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var template = await call.Client.GetTemplateAsync(call.Get(_name), call.Get(_version), cancellation);
        if (call.Get(_output) is { } path) await File.WriteAllTextAsync(path, template.Yaml, cancellation);
        else if (call.Screen.Json) call.Screen.WriteJson(template);
        else call.Screen.Write(template.Yaml ?? "");
        return ExitCode.Ok;
    }
}
