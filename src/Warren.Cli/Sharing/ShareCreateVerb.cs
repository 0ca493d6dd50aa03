using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Warren.Cli.Sharing;

internal sealed class ShareCreateVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Option<bool> _control;
    private readonly Option<string> _for;
    private readonly Option<string> _name;

    public ShareCreateVerb() : base("create", "Print a link to a machine's screen for somebody without an account; it is shown this once",
        "warren shares create web", "warren shares create web --for 2h --name class --control")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _control = Option<bool>("--control", "Whoever has it may type; else they look on, and can ask");
        _for = Option<string>("--for", "How long it works, 1m to 30d [1d]", "TIME");
        _name = Option<string>("--name", "Whom it is for", "NAME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new CreateShareRequest { Role = call.Get(_control) ? ViewerRole.Control : ViewerRole.View, Name = call.Get(_name) };
        if (call.Get(_for) is { } time) request = request with { ExpiresInSeconds = (int)Durations.Parse(time, "--for").TotalSeconds };
        var created = await call.Client.CreateShareAsync(call.Get(_machine), request, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(created);
        else call.Screen.WriteLine(created.Url);
        call.Screen.Hint($"Link {created.Share.Id} is not shown again. It ends by itself, or by: warren shares delete {call.Get(_machine)} {created.Share.Id}");
        return ExitCode.Ok;
    }
}
