using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class StartVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _noWait;

    public StartVerb() : base("start", "Switch machines on; suspended ones go on where they stood", "warren start web", "warren start web db && warren wait db --for ssh")
    {
        _names = Several("NAME", "Names or ids of machines");
        _noWait = Option<bool>("--no-wait", "Do not wait until they run");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), name => call.Client.StartMachineAsync(name, cancellation), "started", !call.Get(_noWait), true, cancellation);
}
