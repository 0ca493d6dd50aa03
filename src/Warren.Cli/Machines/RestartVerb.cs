using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class RestartVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _force;
    private readonly Option<string> _grace;
    private readonly Option<bool> _noWait;

    public RestartVerb() : base("restart", "Shut machines down and start them again", "warren restart web", "warren restart web --force")
    {
        _names = Several("NAME", "Names or ids of machines");
        _force = Option<bool>("--force", "Switch off at once instead of shutting down", null, "-f");
        _grace = Option<string>("--grace", "How long the guest may take to shut down before it is switched off", "TIME");
        _noWait = Option<bool>("--no-wait", "Do not wait until they run");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = StopVerb.Request(call.Get(_grace), call.Get(_force));
        return PowerChange.RunAsync(call, call.Get(_names), name => call.Client.RestartMachineAsync(name, request, cancellation), "restarted", !call.Get(_noWait), true, cancellation);
    }
}
