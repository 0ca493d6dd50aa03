using System.CommandLine;

namespace Warren.Cli.Sharing;

internal sealed class ShareRemoveUserVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string> _user;

    public ShareRemoveUserVerb() : base("remove-user", "Share a machine with a user no more; also for oneself", "warren shares remove-user web ann")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _user = Argument<string>("USER", "Login name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.UnshareMachineAsync(call.Get(_machine), call.Get(_user), cancellation);
        call.Screen.Hint($"{call.Get(_machine)} is not shared with {call.Get(_user)} any more");
        return ExitCode.Ok;
    }
}
