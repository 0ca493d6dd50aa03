using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class SuspendVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _noWait;

    public SuspendVerb() : base("suspend", "Write the memory of machines to disk and end them; they go on from there when they are started", "warren suspend web", "warren suspend web db && warren start web")
    {
        _names = Several("NAME", "Names or ids of machines");
        _noWait = Option<bool>("--no-wait", "Do not wait until their memory is on disk");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), name => call.Client.SuspendMachineAsync(name, cancellation), "suspended", !call.Get(_noWait), true, cancellation);
}
