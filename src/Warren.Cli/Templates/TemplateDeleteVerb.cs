using System.CommandLine;

namespace Warren.Cli.Templates;

internal sealed class TemplateDeleteVerb : Verb
{
    private readonly Argument<string[]> _names;

    public TemplateDeleteVerb() : base("delete", "Delete templates with all their versions; machines made from them stay", "warren templates delete mine")
    {
        Aliases.Add("rm");
        _names = Several("NAME", "Names of templates");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        foreach (var name in call.Get(_names).Distinct())
        {
            await call.Client.DeleteTemplateAsync(name, cancellation);
            call.Screen.Hint($"{name}: deleted");
        }

        return ExitCode.Ok;
    }
}
