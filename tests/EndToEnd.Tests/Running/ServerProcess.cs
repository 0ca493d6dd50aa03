using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Running;

/// <summary>The real server in a process of its own, on a data folder that may outlive it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int PortsEach = 100;
    private static readonly ConcurrentDictionary<string, int> s_folders = new(StringComparer.Ordinal);
    private static int s_count;

    private readonly StringBuilder _said = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<int> _processId = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<CommandResult> _run;
    private WarrenClient? _client;

    private ServerProcess(string data, Sight? sight, string[] settings)
    {
        Data = data;
        // The shell tells its process id and then becomes the server.
        string[] shell = ["/bin/sh", "-c", $"{sight?.Preparation}echo $$; exec dotnet \"$@\"", "server"];
        string[] line = [.. sight?.Around ?? [], .. shell, Clone.Server, .. Settings(data), .. settings];
        _run = new CommandRunner().RunAsync(
            new Command(line[0], line[1..])
            {
                Environment = sight?.Environment ?? new Dictionary<string, string>(StringComparer.Ordinal),
                Timeout = TimeSpan.FromHours(1),
                OnOutputLine = Hear,
                OnErrorLine = Hear,
            },
            _end.Token);
    }

    /// <summary>The server's data folder.</summary>
    public string Data { get; }

    /// <summary>A client with the token that the server wrote for the command line.</summary>
    public WarrenClient Client => _client ?? throw new InvalidOperationException("the server is not ready");

    /// <summary>The bearer token behind <see cref="Client"/>.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Ports that may lead into its guests.</summary>
    public IEnumerable<int> Ports => Enumerable.Range(FirstPort(Data), PortsEach);

    /// <summary>Everything it has printed.</summary>
    public string Said
    {
        get { lock (_said) return _said.ToString(); }
    }

    /// <summary>Starts a server and waits until it is ready and knows its host.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="settings">Configuration beyond the tests' own, <c>--Section:Name=value</c>.</param>
    public static Task<ServerProcess> StartAsync(string data, params string[] settings) => StartAsync(data, null, settings);

    /// <summary>The same, for a server that sees other daemons than this machine's.</summary>
    public static async Task<ServerProcess> StartAsync(string data, Sight? sight, string[] settings)
    {
        var server = new ServerProcess(data, sight, settings);
        var ended = await Task.WhenAny(server._ready.Task, server._run).WaitAsync(TimeSpan.FromMinutes(2));
        if (ended == server._run) throw new InvalidOperationException("the server ended instead of getting ready:\n" + server.Said);
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "client.json")));
        server.Token = file.RootElement.GetProperty("token").GetString()!;
        server._client = new WarrenClient(new Uri(file.RootElement.GetProperty("url").GetString()!), server.Token);
        return server;
    }

    /// <summary>Starts a server that goes on with what another has left and dies of SIGKILL at that, maybe before it is ready.</summary>
    public static async Task RunToDeathAsync(string data, params string[] settings)
    {
        await using var server = new ServerProcess(data, null, settings);
        await server.DiesAsync();
        (await server._run).ExitCode.ShouldBe(128 + 9, server.Said);
    }

    /// <summary>SIGKILL to the server and nobody else.</summary>
    public async Task KillAsync()
    {
        using (var process = Process.GetProcessById(await _processId.Task)) process.Kill();
        await DiesAsync();
    }

    /// <summary>Waits until it has died, by whatever hand.</summary>
    public async Task DiesAsync(int seconds = 120)
    {
        try
        {
            await _run.WaitAsync(TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException late)
        {
            throw new ShouldAssertException($"the server still lives after {seconds} s:\n{Said}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (!_run.IsCompleted)
        {
            ProcessSignals.Terminate(await _processId.Task);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
            await Task.WhenAny(_run, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, patience.Token));
        }

        await _end.CancelAsync();
        await Task.WhenAny(_run);
        _end.Dispose();
    }

    /// <summary>Tests run side by side, and each server takes the first port that it does not know to be taken.</summary>
    private static int FirstPort(string data) => 25000 + (PortsEach * (s_folders.GetOrAdd(data, _ => Interlocked.Increment(ref s_count)) % 20));

    private static string[] Settings(string data) =>
    [
        "--urls=http://127.0.0.1:0",
        // The probe of KVM has tests of its own and would cost every fresh folder some seconds.
        "--Qemu:Accelerator=tcg",
        $"--Data={data}",
        $"--Images:Folder={Path.Combine(Clone.Root, "images")}",
        // Beside the ranges of a server that may run on this machine and of the other tests.
        $"--Ports:First={FirstPort(data)}",
        $"--Ports:Last={FirstPort(data) + PortsEach - 1}",
        "--Ports:CoolDownSeconds=1",
    ];

    private void Hear(string line)
    {
        lock (_said) _said.AppendLine(CultureInfo.InvariantCulture, $"{line}");
        if (!_processId.Task.IsCompleted && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) _processId.SetResult(id);
        if (line.Contains(" is ready at ", StringComparison.Ordinal)) _ready.TrySetResult();
    }
}
