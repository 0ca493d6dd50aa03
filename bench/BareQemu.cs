using System.Net.Sockets;
using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>
/// QEMU started by hand with the very arguments that Warren gave it: those of a machine that Warren launched and stopped,
/// on a copy of its folder.
/// </summary>
internal sealed partial class BareQemu
{
    private readonly CommandRunner _commands = new();
    private readonly string[] _line;
    private readonly string _model;
    private readonly string _folder;

    private static string Memory => $"/dev/shm/warren-bench-{Environment.ProcessId}";

    private BareQemu(string[] line, string model, string folder) => (_line, _model, _folder) = (line, model, folder);

    /// <summary>Launches a machine, reads its command line, switches it off and keeps its folder as the model.</summary>
    public static async Task<BareQemu> LearnAsync(ServerUnderTest server, string scratch, LaunchRequest request)
    {
        var operation = await server.PostAsync("machines", request);
        await server.SucceedAsync(operation);
        var pid = (await server.Client.GetStringAsync($"machines/{operation.SubjectId}")).Split("\"processId\":")[1].Split(',', '}')[0];
        var line = (await File.ReadAllTextAsync($"/proc/{pid}/cmdline")).TrimEnd('\0').Split('\0');
        await server.SucceedAsync(await server.PostAsync($"machines/{operation.SubjectId}/stop", new StopRequest { Force = true }));
        return new BareQemu(line, Path.Combine(server.Data, "machines", operation.SubjectId), Path.Combine(scratch, "bare"));
    }

    /// <summary>A fresh copy of the model's folder; not part of what is timed.</summary>
    public void Prepare()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        File.Delete(Memory);
        Directory.CreateDirectory(_folder);
        foreach (var file in Directory.EnumerateFiles(_model))
            if (!file.EndsWith(".sock", StringComparison.Ordinal) && !file.EndsWith(".pid", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    /// <summary>Spawns, waits until QMP says running, calls back, and kills.</summary>
    public async Task RunAsync(Action running)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        // The guest's memory was a file of the server's that has gone; by hand one takes a file in shared memory.
        var arguments = _line[1..].Select(a => OpenFile().Replace(a.Replace(_model, _folder, StringComparison.Ordinal), Memory)).ToList();
        var process = _commands.RunAsync(new Command(_line[0], arguments) { WorkingDirectory = _folder, Timeout = TimeSpan.FromMinutes(2) }, end.Token);
        await UntilRunningAsync(process, end.Token);
        running();
        File.Delete(Memory);
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

    /// <summary>The greeting, qmp_capabilities, then query-status until it says running (docs/interop/qmp-spec).</summary>
    private async Task UntilRunningAsync(Task<CommandResult> process, CancellationToken cancellation)
    {
        var path = Path.Combine(_folder, "qmp.sock");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        while (true)
        {
            if (process.IsCompleted) throw new InvalidOperationException($"QEMU ended: {(await process).Error}");
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                break;
            }
            catch (SocketException)
            {
                await timer.WaitForNextTickAsync(cancellation);
            }
        }

        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { AutoFlush = true };
        await reader.ReadLineAsync(cancellation);
        await writer.WriteLineAsync("""{"execute":"qmp_capabilities"}""");
        string? answer;
        do
        {
            await writer.WriteLineAsync("""{"execute":"query-status"}""");
            answer = await reader.ReadLineAsync(cancellation) ?? throw new InvalidOperationException("QEMU hung up");
        }
        while (!answer.Contains("\"running\": true", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"/proc/\d+/fd/\d+", RegexOptions.None, 1000)]
    private static partial Regex OpenFile();
}
