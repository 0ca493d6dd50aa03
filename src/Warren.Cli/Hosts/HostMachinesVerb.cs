using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostMachinesVerb : Verb
{
    private static readonly string[] s_headings = ["NAME THERE", "POWER", "MACHINE"];
    private readonly Argument<string> _name;

    public HostMachinesVerb() : base("machines", "List what is on a host now, ours or not", "warren hosts machines lab")
        => _name = Argument<string>("NAME", "The host's name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var machines = new List<HostMachine>();
        await foreach (var machine in call.Client.ListHostMachinesAsync(call.Get(_name), cancellation)) machines.Add(machine);
        call.Screen.WriteList(machines, "No machines.", s_headings, m =>
            [m.NativeName, m.Power, m.Machine ?? (m.Ours ? new Cell("ours, not known here any more", Ink.Bad) : new Cell("not ours", Ink.Faint))]);
        return ExitCode.Ok;
    }
}
