using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class InfoVerb : Verb
{
    private readonly Argument<string> _name;

    public InfoVerb() : base("info", "Show a machine", "warren info web", "warren info web --format json")
        => _name = Argument<string>("NAME", "The machine's name or id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(machine, MachineText.Properties(machine, call.Screen.Now));
        return ExitCode.Ok;
    }
}
