using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace Warren.Cli.Machines;

/// <summary>A port of loopback for any VNC viewer, with a password of its own for as long as it is open.</summary>
internal sealed class VncVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<int> _port;
    private readonly Option<bool> _viewOnly;

    public VncVerb() : base("vnc", "Open a machine's screen to a VNC viewer on this computer", "warren vnc web", "warren vnc web --port 5901 --view-only")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _port = Option<int>("--port", "Port of 127.0.0.1; any free one unless told", "N");
        _viewOnly = Option<bool>("--view-only", "The viewer can look, but not type");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Get(_port) is < 0 or > 65535) throw Refusal.Invalid("--port", "1 to 65535");
        // Fails at once where there is no such machine.
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        using var listener = Listen(call.Get(_port));
        var password = VncPassword.New();
        var address = $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        if (call.Screen.Json) call.Screen.WriteJson(new { Address = address, Password = password });
        else call.Screen.WriteLine($"{address}  password {password}");
        call.Screen.Hint("Ctrl-C closes it.");
        var door = new VncDoor(call, machine.Id, call.Get(_viewOnly), password);
        while (true) _ = door.ServeAsync(await listener.AcceptSocketAsync(cancellation), cancellation);
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw Refusal.Invalid("--port", $"{port} cannot be used: {e.Message}");
        }
    }
}
