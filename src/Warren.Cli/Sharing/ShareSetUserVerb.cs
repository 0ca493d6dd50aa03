using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Sharing;

internal sealed class ShareSetUserVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string> _user;
    private readonly Option<ProjectRole?> _role;

    public ShareSetUserVerb() : base("set-user", "Share a machine with a user of this server, or change what they may do with it",
        "warren shares set-user web ann", "warren shares set-user web ann --role viewer")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _user = Argument<string>("USER", "Login name");
        _role = Option<ProjectRole?>("--role", "member, who uses it, or viewer, who looks at it [member]", "ROLE");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var user = await call.Client.ShareMachineAsync(call.Get(_machine), call.Get(_user), call.Get(_role) ?? ProjectRole.Member, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(user);
        else call.Screen.Hint($"{user.User}: {user.Role.ToString().ToLowerInvariant()} of {call.Get(_machine)}");
        return ExitCode.Ok;
    }
}
