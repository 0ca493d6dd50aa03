using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class ProjectListVerb : Verb
{
    private static readonly string[] s_headings = ["NAME", "YOUR ROLE", "MEMBERS", "CREATED"];

    public ProjectListVerb() : base("list", "List your projects; all of them for administrators", "warren projects list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var projects = new List<Project>();
        await foreach (var project in call.Client.ListProjectsAsync(cancellation)) projects.Add(project);
        call.Screen.WriteList(projects, "No projects.", s_headings, Row);
        return ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(Project p) => [p.Name, p.Role?.ToString().ToLowerInvariant() ?? "-", p.Members.ToString(System.Globalization.CultureInfo.InvariantCulture), Figures.Time(p.CreatedAt)];
}
