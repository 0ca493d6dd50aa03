using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class TokenCreateVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<int?> _days;
    private readonly Option<bool> _read;
    private readonly Option<string> _user;
    private readonly Option<string> _project;
    private readonly Option<string> _pool;
    private readonly Option<string> _template;
    private readonly Option<bool> _shared;

    public TokenCreateVerb() : base("create", "Make a bearer token and print its secret, which is shown this once",
        "warren tokens create ci --days 90", "WARREN_TOKEN=$(warren tokens create ci --quiet) warren list",
        "warren tokens create agents --user robot --project class --pool desks")
    {
        _name = Argument<string>("NAME", "What it is for");
        _days = Option<int?>("--days", "Days until it ends, 1 to 365 [never]", "N");
        _read = Option<bool>("--read", "Good for looking only");
        _user = Option<string>("--user", "Make it for this service account; for administrators", "NAME");
        _project = Option<string>("--project", "Project that it acts in [the current one]", "NAME");
        _pool = Option<string>("--pool", "Good for one pool only: claims there, and the machines that they give", "NAME");
        _template = Option<string>("--template", "Good for one template only: launches of it, and the machines that they make", "NAME");
        _shared = Option<bool>("--shared", "Good for machines of other projects, too, that are shared with you");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new CreateTokenRequest
        {
            Name = call.Get(_name),
            Days = call.Get(_days),
            Scope = call.Get(_read) ? TokenScope.Read : null,
            Project = call.Get(_project),
            Pool = call.Get(_pool),
            Template = call.Get(_template),
            Shared = call.Get(_shared) ? true : null,
        };
        var created = call.Get(_user) is { } user
            ? await call.Client.CreateUserTokenAsync(user, request, cancellation)
            : await call.Client.CreateTokenAsync(request, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(created);
        else call.Screen.WriteLine(created.Secret);
        call.Screen.Hint($"Token {created.Token.Id}: the secret is not shown again. Pass it in WARREN_TOKEN.");
        return ExitCode.Ok;
    }
}
