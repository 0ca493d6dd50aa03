using System.CommandLine;

namespace Warren.Cli.Sharing;

internal sealed class ShareDeleteVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string> _id;

    public ShareDeleteVerb() : base("delete", "End a link; whoever looks by it has to go at once", "warren shares delete web 01jd3v")
    {
        Aliases.Add("rm");
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _id = Argument<string>("ID", "The link's id (see `warren shares list`)");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.DeleteShareAsync(call.Get(_machine), call.Get(_id), cancellation);
        call.Screen.Hint($"{call.Get(_id)}: ended");
        return ExitCode.Ok;
    }
}
