using System.CommandLine;

namespace Warren.Cli.Machines;

/// <summary><c>pause</c> and <c>resume</c>.</summary>
internal sealed class PauseVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly bool _on;

    public PauseVerb(bool on) : base(on ? "pause" : "resume", on ? "Halt the CPUs of machines; their memory stays" : "Let paused or suspended machines go on", $"warren {(on ? "pause" : "resume")} web")
    {
        _on = on;
        _names = Several("NAME", "Names or ids of machines");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), name => call.Client.PauseMachineAsync(name, _on, cancellation), _on ? "paused" : "resumed", wait: true, cancelToo: true, cancellation);
}
