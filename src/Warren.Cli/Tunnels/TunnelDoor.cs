using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Contracts;

namespace Warren.Cli.Tunnels;

/// <summary>A port of 127.0.0.1 behind which a port of a machine is: each connection to it is carried by one to the server.</summary>
internal sealed class TunnelDoor : IDisposable
{
    private readonly Invocation _call;
    private readonly string _machine;
    private readonly TcpListener _listener;

    private TunnelDoor(Invocation call, string machine, int port, TcpListener listener) => (_call, _machine, Port, _listener) = (call, machine, port, listener);

    /// <summary>The guest's port.</summary>
    public int Port { get; }

    /// <summary>The port here.</summary>
    public int LocalPort => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Where programs of this computer find it.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{LocalPort}");

    /// <summary>Opens it; connections wait until <see cref="ServeAsync"/>.</summary>
    /// <param name="call">The run.</param>
    /// <param name="machine">The machine's id.</param>
    /// <param name="ports">Which ports.</param>
    /// <param name="field">What the user typed the local port as, for the refusal.</param>
    public static TunnelDoor Open(Invocation call, string machine, TunnelPorts ports, string field)
    {
        var listener = new TcpListener(IPAddress.Loopback, ports.Local);
        try
        {
            listener.Start();
            return new TunnelDoor(call, machine, ports.Guest, listener);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw Refusal.Invalid(field, $"{ports.Local} cannot be used: {e.Message}");
        }
    }

    /// <summary>Lets connections in until it is cancelled; then ends those that are open.</summary>
    public async Task ServeAsync(CancellationToken cancellation)
    {
        while (true) _ = CarryAsync(await _listener.AcceptSocketAsync(cancellation), cancellation);
    }

    public void Dispose() => _listener.Dispose();

    private async Task CarryAsync(Socket client, CancellationToken cancellation)
    {
        using var ours = client;
        client.NoDelay = true;
        try
        {
            await using var port = await _call.Client.OpenPortAsync(_machine, Port, cancellation);
            await using var here = new NetworkStream(client);
            await TunnelPump.RunAsync(here, here, () => client.Shutdown(SocketShutdown.Send), port, endsWithGuest: false, cancellation);
        }
        catch (WarrenException e)
        {
            // Reset, not closed: to whoever connected it is a port that does not answer.
            client.LingerState = new LingerOption(enable: true, seconds: 0);
            _call.Screen.Hint($"A connection to port {Port} could not be opened: {e.Message}");
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            client.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }
}
