using System.CommandLine;

namespace Warren.Cli.Access;

internal sealed class ProjectRemoveMemberVerb : Verb
{
    private readonly Argument<string> _project;
    private readonly Argument<string> _user;

    public ProjectRemoveMemberVerb() : base("remove-member", "Take a user out of a project; for its administrators, and for oneself", "warren projects remove-member class ann")
    {
        _project = Argument<string>("PROJECT", "The project");
        _user = Argument<string>("USER", "Login name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.RemoveProjectMemberAsync(call.Get(_project), call.Get(_user), cancellation);
        call.Screen.Hint($"{call.Get(_user)}: no member of {call.Get(_project)} any more");
        return ExitCode.Ok;
    }
}
