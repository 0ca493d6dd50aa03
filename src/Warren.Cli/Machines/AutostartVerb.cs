using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class AutostartVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _off;

    public AutostartVerb() : base("autostart", "Let machines start when their host starts", "warren autostart web", "warren autostart web --off")
    {
        _names = Several("NAME", "Names or ids of machines");
        _off = Option<bool>("--off", "Let them stay off");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var on = !call.Get(_off);
        return PowerChange.RunAsync(call, call.Get(_names), name => call.Client.SetAutostartAsync(name, on, cancellation),
            on ? "starts with its host" : "does not start with its host", wait: true, cancelToo: true, cancellation);
    }
}
