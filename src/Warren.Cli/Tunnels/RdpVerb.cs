using System.CommandLine;
using Warren.Cli.Keys;

namespace Warren.Cli.Tunnels;

/// <summary>A machine's remote desktop: the tunnel to it, and a file that opens it.</summary>
internal sealed class RdpVerb : Verb
{
    private const int DesktopPort = 3389;

    private readonly Argument<string> _name;
    private readonly Option<int> _port;
    private readonly Option<string> _output;

    public RdpVerb() : base("rdp", "Open a machine's remote desktop (RDP) to a client on this computer", "warren rdp win11", "warren rdp win11 --port 13389 --output /tmp/win11.rdp")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _port = Option<int>("--port", "Port of 127.0.0.1; any free one unless told", "N");
        _output = Option<string>("--output", "The file to write [NAME.rdp]", "FILE", "-o");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Get(_port) is < 0 or > 65535) throw Refusal.Invalid("--port", "1 to 65535");
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        // Says at once when nobody listens; a client would only say that it could not connect.
        await (await call.Client.OpenPortAsync(machine.Id, DesktopPort, cancellation)).DisposeAsync();
        using var door = TunnelDoor.Open(call, machine.Id, new TunnelPorts(call.Get(_port), DesktopPort), "--port");
        var file = call.Get(_output) ?? KeyFolder.SafeName(machine.Name, "NAME") + ".rdp";
        await File.WriteAllTextAsync(file, await call.Client.GetRemoteDesktopFileAsync(machine.Id, door.LocalPort, cancellation), cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(new { door.Address, File = Path.GetFullPath(file) });
        else call.Screen.WriteLine($"{door.Address}  {file}");
        call.Screen.Hint($"Open {file} with your remote desktop client (mstsc, Windows App, xfreerdp, Remmina). Ctrl-C closes the tunnel.");
        await door.ServeAsync(cancellation);
        return ExitCode.Ok;
    }
}
