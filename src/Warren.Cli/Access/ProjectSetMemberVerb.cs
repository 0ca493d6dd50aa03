using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class ProjectSetMemberVerb : Verb
{
    private readonly Argument<string> _project;
    private readonly Argument<string> _user;
    private readonly Option<ProjectRole?> _role;

    public ProjectSetMemberVerb() : base("set-member", "Let a user into a project, or change their role in it; for its administrators", "warren projects set-member class ann --role viewer")
    {
        _project = Argument<string>("PROJECT", "The project");
        _user = Argument<string>("USER", "Login name");
        _role = Option<ProjectRole?>("--role", "administrator, member or viewer [member]", "ROLE");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var member = await call.Client.SetProjectMemberAsync(call.Get(_project), call.Get(_user), call.Get(_role) ?? ProjectRole.Member, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(member);
        else call.Screen.Hint($"{member.User}: {member.Role.ToString().ToLowerInvariant()} of {call.Get(_project)}");
        return ExitCode.Ok;
    }
}
