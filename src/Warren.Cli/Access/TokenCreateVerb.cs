using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class TokenCreateVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<int?> _days;

    public TokenCreateVerb() : base("create", "Make a bearer token and print its secret, which is shown this once",
        "warren tokens create ci --days 90", "WARREN_TOKEN=$(warren tokens create ci --quiet) warren list")
    {
        _name = Argument<string>("NAME", "What it is for");
        _days = Option<int?>("--days", "Days until it ends, 1 to 365 [never]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var created = await call.Client.CreateTokenAsync(new CreateTokenRequest { Name = call.Get(_name), Days = call.Get(_days) }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(created);
        else call.Screen.WriteLine(created.Secret);
        call.Screen.Hint($"Token {created.Token.Id}: the secret is not shown again. Pass it in WARREN_TOKEN.");
        return ExitCode.Ok;
    }
}
