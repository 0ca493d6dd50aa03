using System.CommandLine;
using Warren.Cli.Machines;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostAdoptVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _machine;
    private readonly Option<string> _name;

    public HostAdoptVerb() : base("adopt", "Take a machine that is not ours into our care; it runs on", "warren hosts adopt lab old-web --name web")
    {
        _host = Argument<string>("HOST", "The host's name");
        _machine = Argument<string>("MACHINE", "Its name there (see `warren hosts machines`)");
        _name = Option<string>("--name", "Name of the machine here [made from its name there]", "NAME", "-n");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var operation = await call.Client.AdoptAsync(call.Get(_host), call.Get(_machine), new AdoptRequest { Name = call.Get(_name) }, cancellation);
        await Following.RequireAsync(call, operation, cancellation, cancelToo: false);
        var machine = await call.Client.GetMachineAsync(operation.SubjectId, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
        return ExitCode.Ok;
    }
}
