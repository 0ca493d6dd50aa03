using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>
/// A fork made by hand: QEMU started with the very arguments that Warren gave one, on a copy of its folder, given the same state,
/// until its guest's agent answers. No name, port or identity is its own.
/// </summary>
internal sealed partial class BareResume(string[] line, string model, string state, string folder)
{
    private readonly CommandRunner _commands = new();

    /// <summary>Reads what a running fork was started with and keeps a copy of its disks as they were.</summary>
    public static async Task<BareResume> LearnAsync(ServerUnderTest server, string scratch, string fork, string warmImage)
    {
        var pid = (await server.Client.GetStringAsync($"machines/{fork}")).Split("\"processId\":")[1].Split(',', '}')[0];
        var line = (await File.ReadAllTextAsync($"/proc/{pid}/cmdline")).TrimEnd('\0').Split('\0');
        var warm = Path.Combine(server.Data, "machines", ".warm", warmImage);
        var model = Path.Combine(scratch, "model");
        Directory.CreateDirectory(model);
        foreach (var file in Directory.EnumerateFiles(warm).Where(f => f.EndsWith(".qcow2", StringComparison.Ordinal) || f.EndsWith(".iso", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        return new BareResume([.. line.Select(a => a.Replace(Path.Combine(server.Data, "machines", fork), Path.Combine(scratch, "r"), StringComparison.Ordinal))],
            model, Path.Combine(warm, "state"), Path.Combine(scratch, "r"));
    }

    /// <summary>Spawns and resumes; calls back when the CPUs run and when the agent answers; kills.</summary>
    public async Task RunAsync(Action running, Action answers)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        // Its forwards are the model's ports, which that still listens on.
        var arguments = line[1..].Select(a => Forward().Replace(a, "")).ToList();
        var process = _commands.RunAsync(new Command(line[0], arguments) { WorkingDirectory = folder, Timeout = TimeSpan.FromMinutes(2) }, end.Token);
        using (var qmp = await Talk.OpenAsync(Path.Combine(folder, "qmp.sock"), end.Token))
        {
            await qmp.HearAsync();
            await qmp.AskAsync("""{"execute":"qmp_capabilities"}""");
            await qmp.AskAsync("""{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"x-ignore-shared","state":true}]}}""");
            var socket = Path.Combine(folder, "s");
            await qmp.AskAsync(JsonSerializer.Serialize(new { execute = "migrate-incoming", arguments = new { uri = "unix:" + socket } }));
            using (var stream = await Talk.OpenAsync(socket, end.Token)) await stream.GiveAsync(state, end.Token);
            while (!(await qmp.AskAsync("""{"execute":"query-migrate"}""")).Contains("\"completed\"", StringComparison.Ordinal)) { }
            await qmp.AskAsync("""{"execute":"cont"}""");
        }

        running();
        await AgentAsync(folder, end.Token);
        answers();
        await end.CancelAsync();
        try
        {
            await process;
        }
        catch (OperationCanceledException)
        {
            // Killed, as meant.
        }
    }

    /// <summary>Asks a guest's agent until it answers (docs/interop/qemu-ga-ref, guest-sync).</summary>
    private static async Task AgentAsync(string machine, CancellationToken cancellation)
    {
        using var agent = await Talk.OpenAsync(Path.Combine(machine, "agent.sock"), cancellation);
        var number = Stopwatch.GetTimestamp();
        while (!(await agent.AskAsync($$$"""{"execute":"guest-sync","arguments":{"id":{{{number}}}}}""")).Contains($"{number}", StringComparison.Ordinal)) { }
    }

    [GeneratedRegex(@",hostfwd=[^,]*", RegexOptions.None, 1000)]
    private static partial Regex Forward();

    /// <summary>Lines over a unix socket.</summary>
    private sealed class Talk(Socket socket) : IDisposable
    {
        private readonly StreamReader _reader = new(new NetworkStream(socket));
        private readonly StreamWriter _writer = new(new NetworkStream(socket)) { AutoFlush = true };

        public static async Task<Talk> OpenAsync(string path, CancellationToken cancellation)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
            while (true)
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new Talk(socket);
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    await timer.WaitForNextTickAsync(cancellation);
                }
            }
        }

        public async Task<string> HearAsync() => await _reader.ReadLineAsync() ?? throw new InvalidOperationException("QEMU hung up");

        /// <summary>The answer; events in between are passed over.</summary>
        public async Task<string> AskAsync(string request)
        {
            await _writer.WriteLineAsync(request);
            while (true)
            {
                var line = await HearAsync();
                if (!line.Contains("\"event\"", StringComparison.Ordinal)) return line;
            }
        }

        public async Task GiveAsync(string file, CancellationToken cancellation)
        {
            await using var stream = new NetworkStream(socket);
            await using var from = File.OpenRead(file);
            await from.CopyToAsync(stream, cancellation);
        }

        public void Dispose()
        {
            _reader.Dispose();
            _writer.Dispose();
            socket.Dispose();
        }
    }
}
