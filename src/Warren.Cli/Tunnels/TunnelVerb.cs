using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Tunnels;

/// <summary>Ports of a machine on this computer, through the server: as ports of 127.0.0.1, or one of them as standard input and output.</summary>
internal sealed class TunnelVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Argument<string[]> _ports;
    private readonly Option<bool> _stdio;

    public TunnelVerb() : base("tunnel", "Reach ports of a machine from this computer, through the server",
        "warren tunnel web 8080:80 5432", "warren tunnel web 22 --stdio", "ssh -o ProxyCommand='warren tunnel --stdio web 22' debian@web")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _ports = Several("PORT", "A port of the guest, as PORT or LOCAL:PORT; without LOCAL any free port of 127.0.0.1");
        _stdio = Option<bool>("--stdio", "Carry one connection on standard input and output, as ssh's ProxyCommand wants it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var ports = call.Get(_ports).Select(TunnelPorts.Parse).ToArray();
        if (!call.Get(_stdio)) return await ListenAsync(call, ports, cancellation);
        if (ports is not [{ Local: 0 }]) throw Refusal.Invalid("--stdio", "takes one PORT, without LOCAL");
        return await CarryAsync(call, ports[0].Guest, cancellation);
    }

    private async Task<int> ListenAsync(Invocation call, TunnelPorts[] ports, CancellationToken cancellation)
    {
        // Fails at once where there is no such machine; and a machine that takes its name later is another.
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        var doors = new List<TunnelDoor>();
        try
        {
            foreach (var port in ports) doors.Add(TunnelDoor.Open(call, machine.Id, port, "PORT"));
            if (call.Screen.Json) call.Screen.WriteJson(new { Tunnels = doors.Select(d => new { d.Address, d.LocalPort, d.Port }) });
            else foreach (var door in doors) call.Screen.WriteLine($"{door.Address}  {machine.Name}:{door.Port}");
            call.Screen.Hint("Ctrl-C closes them.");
            await Task.WhenAll(doors.Select(d => d.ServeAsync(cancellation)));
            return ExitCode.Ok;
        }
        finally
        {
            foreach (var door in doors) door.Dispose();
        }
    }

    private async Task<int> CarryAsync(Invocation call, int port, CancellationToken cancellation)
    {
        await using var guest = await call.Client.OpenPortAsync(call.Get(_name), port, cancellation);
        await using var output = (call.Around.OpenOutPipe ?? call.Around.OpenOut)();
        try
        {
            await TunnelPump.RunAsync(new InTheBackground(call.Around.OpenInBytes()), output, static () => { }, guest, endsWithGuest: true, cancellation);
            return ExitCode.Ok;
        }
        catch (PortEndedException e)
        {
            throw Refusal.Of("connection-ended", "The connection has ended", e.Message);
        }
    }
}
