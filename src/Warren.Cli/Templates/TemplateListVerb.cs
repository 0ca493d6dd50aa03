using Warren.Contracts;

namespace Warren.Cli.Templates;

internal sealed class TemplateListVerb : Verb
{
    public TemplateListVerb() : base("list", "List templates", "warren templates list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var templates = new List<Template>();
        await foreach (var template in call.Client.ListTemplatesAsync(cancellation)) templates.Add(template);
        call.Screen.WriteList(templates, "No templates.", TemplateText.Headings, TemplateText.Row);
        return ExitCode.Ok;
    }
}
