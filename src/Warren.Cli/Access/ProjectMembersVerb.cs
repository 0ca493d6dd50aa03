using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class ProjectMembersVerb : Verb
{
    private static readonly string[] s_headings = ["USER", "KIND", "ROLE"];
    private readonly Argument<string> _project;

    public ProjectMembersVerb() : base("members", "List who is in a project", "warren projects members class") => _project = Argument<string>("PROJECT", "The project");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var members = new List<ProjectMember>();
        await foreach (var member in call.Client.ListProjectMembersAsync(call.Get(_project), cancellation)) members.Add(member);
        call.Screen.WriteList(members, "No members.", s_headings, Row);
        return ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(ProjectMember m) => [m.User, m.Kind.ToString().ToLowerInvariant(), m.Role.ToString().ToLowerInvariant()];
}
