using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Warren.Bench.Screens;

/// <summary>Screens that play the scene, and the ways to them: a server process of its own, Debian's websockify, and none between.</summary>
internal sealed class ScreenBed : IAsyncDisposable
{
    private readonly Scratch _scratch = new();
    private readonly List<string> _machines = [];
    private string _token = "";
    private Uri _server = null!;
    private Uri _websockify = null!;

    private ScreenBed()
    {
    }

    public ScreenSource Source { get; private set; } = null!;

    public MeasuredProcess Warren { get; private set; } = null!;

    public MeasuredProcess? Websockify { get; private set; }

    public ScreenAddress Direct => new(new UnixDomainSocketEndPoint(_machines[0]), null);

    public ScreenAddress ThroughWebsockify => ScreenAddress.WebSocket(_websockify);

    /// <summary>Starts all of them, with so many machines.</summary>
    public static async Task<ScreenBed> StartAsync(int machines, bool websockify)
    {
        var bed = new ScreenBed();
        var (data, sockets) = (Path.Combine(bed._scratch.Path, "d"), Directory.CreateDirectory(Path.Combine(bed._scratch.Path, "s")).FullName);
        await using (var server = await ServerUnderTest.StartAsync(data, null, "Hypervisor=fake"))
        {
            await ManyRows.InsertAsync(server, machines);
            await using var db = server.Db();
            for (var i = 0; i < machines; i++) bed._machines.Add(SocketScreens.PathOf(sockets, await db.Machines.Where(m => m.Name == $"bench-{i}").Select(m => m.Id).SingleAsync()));
        }

        using (var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "client.json")))) bed._token = file.RootElement.GetProperty("token").GetString()!;
        bed.Source = new ScreenSource(new Scene(), [.. bed._machines]);
        bed.Warren = await MeasuredProcess.StartAsync(Environment.ProcessPath!, ["serve-screens", sockets, .. ServerUnderTest.Arguments(data, "Hypervisor=fake")], line =>
        {
            if (!line.Contains(" is ready at ", StringComparison.Ordinal)) return false;
            bed._server = new Uri(line.Split(" is ready at ")[1].Trim());
            return true;
        });
        if (!websockify) return bed;
        bed._websockify = new Uri($"http://127.0.0.1:{FreePort()}/");
        bed.Websockify = await MeasuredProcess.StartAsync("/usr/bin/websockify", [$"127.0.0.1:{bed._websockify.Port}", $"--unix-target={bed._machines[0]}"], null);
        await bed.ListensAsync();
        return bed;
    }

    public ScreenAddress ThroughWarren(int machine = 0) =>
        ScreenAddress.WebSocket(new Uri(_server, $"/api/v1/machines/bench-{machine}/screen?viewOnly=true"), $"Authorization: Bearer {_token}\r\n");

    /// <summary>Lets the server run in: what is often run is compiled anew, which takes as long as it takes and is no part of what is measured.</summary>
    public async Task RunInAsync()
    {
        Source.Pace = new(60, Scene: true, Mark: 8);
        for (var (second, rest) = (0, 0); second < 40 && rest < 2; second++)
        {
            using var crowd = new Crowd();
            for (var i = 0; i < 8; i++) crowd.Add(ThroughWarren(), new ViewerKind(Tight: i % 2 == 0));
            crowd.Start();
            var before = Warren.Compiling;
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            rest = Warren.Compiling - before < 0.02 ? rest + 1 : 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Warren.DisposeAsync();
        if (Websockify is not null) await Websockify.DisposeAsync();
        Source.Dispose();
        _scratch.Dispose();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task ListensAsync()
    {
        for (var tries = 0; ; tries++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, _websockify.Port);
                return;
            }
            catch (SocketException) when (tries < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
