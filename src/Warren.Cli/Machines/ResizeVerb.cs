using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class ResizeVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _memory;
    private readonly Option<int?> _cpus;
    private readonly Option<string> _disk;

    public ResizeVerb() : base("resize", "Change memory, CPUs or disk of a stopped machine", "warren resize web --memory 2G", "warren resize web --cpus 4 --disk 20G")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _memory = Option<string>("--memory", "Memory: 512M, 1G, a number of MiB", "SIZE", "-m");
        _cpus = Option<int?>("--cpus", "Virtual CPUs", "N", "-c");
        _disk = Option<string>("--disk", "System disk: 10G, a number of GiB; disks only grow", "SIZE", "-d");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new EditMachineRequest
        {
            MemoryMiB = call.Get(_memory) is { } memory ? Sizes.MemoryMiB(memory) : null,
            Cpus = call.Get(_cpus),
            DiskGiB = call.Get(_disk) is { } disk ? Sizes.DiskGiB(disk) : null,
        };
        if (request is { MemoryMiB: null, Cpus: null, DiskGiB: null }) throw Refusal.Invalid("--memory, --cpus, --disk", "name at least one of them");
        var name = call.Get(_name);
        await Following.RequireAsync(call, await call.Client.ResizeMachineAsync(name, request, cancellation), cancellation);
        var machine = await call.Client.GetMachineAsync(name, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
        return ExitCode.Ok;
    }
}
