using System.CommandLine;

namespace Warren.Cli.Machines;

/// <summary>The bytes go through as they are: the guest's own colours are part of its console.</summary>
internal sealed class LogsVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<bool> _follow;

    public LogsVerb() : base("logs", "Print a machine's serial console log", "warren logs web", "warren logs web --follow")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _follow = Option<bool>("--follow", "Go on with what comes, until Ctrl-C", null, "-f");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await using var log = await call.Client.OpenLogAsync(call.Get(_name), call.Get(_follow), cancellation);
        await using var output = call.Around.OpenOut();
        await log.CopyToAsync(output, cancellation);
        return ExitCode.Ok;
    }
}
