using System.CommandLine;

namespace Warren.Cli.Access;

internal sealed class TokenDeleteVerb : Verb
{
    private readonly Argument<string> _id;

    public TokenDeleteVerb() : base("delete", "End a bearer token", "warren tokens delete 01jd3v")
    {
        Aliases.Add("rm");
        _id = Argument<string>("ID", "The token's id (see `warren tokens list`)");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.DeleteTokenAsync(call.Get(_id), cancellation);
        call.Screen.Hint($"{call.Get(_id)}: deleted");
        return ExitCode.Ok;
    }
}
