using System.CommandLine;
using Warren.Cli.Operations;

namespace Warren.Cli.Machines;

internal sealed class MigrateVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Argument<string> _host;

    public MigrateVerb() : base("migrate", "Move a running machine to another host of the same kind", "warren migrate web lab2")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _host = Argument<string>("HOST", "The host it is to run on");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var operation = await call.Client.MigrateMachineAsync(call.Get(_name), call.Get(_host), cancellation);
        await Following.RequireAsync(call, operation, cancellation);
        var machine = await call.Client.GetMachineAsync(operation.SubjectId, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
        return ExitCode.Ok;
    }
}
