using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostMachinesVerb : Verb
{
    private static readonly string[] s_headings = ["NAME THERE", "POWER", "MEMORY", "ITS OWN", "MACHINE"];
    private readonly Argument<string> _name;

    public HostMachinesVerb() : base("machines", "List what is on a host now, ours or not", "warren hosts machines lab")
        => _name = Argument<string>("NAME", "The host's name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var machines = new List<HostMachine>();
        await foreach (var machine in call.Client.ListHostMachinesAsync(call.Get(_name), cancellation)) machines.Add(machine);
        call.Screen.WriteList(machines, "No machines.", s_headings, m =>
            [m.NativeName, m.Power, Taken(m), m.Memory is { } own ? Figures.MiB(own.PrivateMiB) : Cell.OrDash(null), m.Machine ?? (m.Ours ? new Cell("ours, not known here any more", Ink.Bad) : new Cell("not ours", Ink.Faint))]);
        return ExitCode.Ok;
    }

    /// <summary>What it really takes, with its share of what it shares, of what it may.</summary>
    private static Cell Taken(HostMachine m) => (m.Memory, m.PromisedMiB) switch
    {
        ({ } now, { } promised) => $"{Figures.MiB(now.ProportionalMiB)} of {Figures.MiB(promised)}",
        ({ } now, null) => Figures.MiB(now.ProportionalMiB),
        _ => Cell.OrDash(null),
    };
}
