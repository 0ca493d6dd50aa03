using System.CommandLine;

namespace Warren.Cli.Access;

internal sealed class ProjectCreateVerb : Verb
{
    private readonly Argument<string> _name;

    public ProjectCreateVerb() : base("create", "Make a project, whose administrator you are", "warren projects create class") => _name = Argument<string>("NAME", "Its name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var project = await call.Client.CreateProjectAsync(call.Get(_name), cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(project);
        else call.Screen.WriteLine(project.Name);
        call.Screen.Hint($"A token acts in one project: warren tokens create NAME --project {project.Name}");
        return ExitCode.Ok;
    }
}
