using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class ListVerb : Verb
{
    public ListVerb() : base("list", "List machines", "warren list", "warren list --format json | jq -r '.items[].name'") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var machines = new List<Machine>();
        await foreach (var machine in call.Client.ListMachinesAsync(cancellation)) machines.Add(machine);
        call.Screen.WriteList(machines, "No machines. Launch one: warren launch tiny", MachineText.Headings, m => MachineText.Row(m, call.Screen.Now));
        return ExitCode.Ok;
    }
}
