using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class StopVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _force;
    private readonly Option<string> _grace;
    private readonly Option<bool> _noWait;

    public StopVerb() : base("stop", "Shut machines down; suspended ones lose their memory", "warren stop web", "warren stop web --grace 2m", "warren stop web db --force")
    {
        _names = Several("NAME", "Names or ids of machines");
        _force = Option<bool>("--force", "Switch off at once, as by pulling the plug", null, "-f");
        _grace = Option<string>("--grace", "How long the guest may take to shut down before it is switched off", "TIME");
        _noWait = Option<bool>("--no-wait", "Do not wait until they are off");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = Request(call.Get(_grace), call.Get(_force));
        return PowerChange.RunAsync(call, call.Get(_names), name => call.Client.StopMachineAsync(name, request, cancellation), "stopped", !call.Get(_noWait), true, cancellation);
    }

    public static StopRequest Request(string? grace, bool force) => new()
    {
        Force = force,
        GraceSeconds = grace is null ? null : (int)Durations.Parse(grace, "--grace").TotalSeconds,
    };
}
