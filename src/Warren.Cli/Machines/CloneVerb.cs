using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class CloneVerb : Verb
{
    private readonly Argument<string> _source;
    private readonly Option<string> _name;
    private readonly Option<bool> _noStart;
    private readonly Option<bool> _full;

    public CloneVerb() : base("clone", "Make a new machine from the disks of a stopped one, on the same host", "warren clone web --name web2")
    {
        _source = Argument<string>("NAME", "The machine's name or id");
        _name = Option<string>("--name", "Name of the new machine [made up]", "NAME", "-n");
        _noStart = Option<bool>("--no-start", "Leave it off");
        _full = Option<bool>("--full", "Copy the disks whole, instead of sharing what is the same with the source");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var source = await call.Client.GetMachineAsync(call.Get(_source), cancellation);
        var operation = await call.Client.CloneMachineAsync(source.Id, new CloneRequest { Name = call.Get(_name), Start = !call.Get(_noStart), Full = call.Get(_full) }, cancellation);
        await Following.RequireAsync(call, operation, cancellation);
        // It takes the keys that its source takes.
        new MachineFolder(call.Around.ConfigFolder, operation.SubjectId).RememberKeys(new MachineFolder(call.Around.ConfigFolder, source.Id).Keys);
        var machine = await call.Client.GetMachineAsync(operation.SubjectId, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
        return ExitCode.Ok;
    }
}
