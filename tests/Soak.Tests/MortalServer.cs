using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Warren.Hypervisors.Commands;

namespace Warren.Soak.Tests;

/// <summary>The real server with the fake hypervisor in a process of its own, to be killed, on a folder that outlives it.</summary>
internal sealed class MortalServer
{
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<int> _processId = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<CommandResult> _run;

    private MortalServer(string[] settings)
    {
        // The shell tells its process id and then becomes the server.
        string[] arguments = ["-c", "echo $$; exec dotnet \"$@\"", "server", Program(), .. settings];
        _run = new CommandRunner().RunAsync(new Command("/bin/sh", arguments) { Timeout = TimeSpan.FromHours(2), OnOutputLine = Hear, OnErrorLine = Hear }, CancellationToken.None);
    }

    public string Url { get; private set; } = "";

    public string Token { get; private set; } = "";

    /// <summary>Starts one and waits until it answers.</summary>
    public static async Task<MortalServer> StartAsync(string data, string? postgres, params string[] settings)
    {
        var server = new MortalServer(
        [
            "--urls=http://127.0.0.1:0", $"--Data={data}", "--Hypervisor=fake", "--Logging:LogLevel:Default=Error", "--Limits:CreationsPerMinute=0", "--Limits:CreationsPerMinutePerAddress=0", "--Limits:ChangesPerMinute=0", .. postgres is null ? Array.Empty<string>() : [$"--Database:Postgres={postgres}"], .. settings,
        ]);
        var first = await Task.WhenAny(server._ready.Task, server._run).WaitAsync(TimeSpan.FromMinutes(10));
        if (first == server._run) throw new InvalidOperationException("the server ended instead of getting ready:\n" + server._said);
        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "client.json")));
        (server.Url, server.Token) = (file.RootElement.GetProperty("url").GetString()!, file.RootElement.GetProperty("token").GetString()!);
        return server;
    }

    /// <summary>The most memory that it ever had (proc(5), VmHWM), and what it has now, in MiB.</summary>
    public async Task<(int Peak, int Now)> MemoryAsync()
    {
        var status = await File.ReadAllLinesAsync($"/proc/{await _processId.Task}/status");
        return (Of("VmHWM:"), Of("VmRSS:"));

        int Of(string name) => int.Parse(status.Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split('k')[0], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) >> 10;
    }

    /// <summary>SIGKILL, and nobody else is hit.</summary>
    public async Task KillAsync()
    {
        using (var process = Process.GetProcessById(await _processId.Task)) process.Kill();
        await _run.WaitAsync(TimeSpan.FromMinutes(1));
    }

    private static string Program()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var root = output;
        while (!File.Exists(Path.Combine(root.FullName, "Warren.slnx"))) root = root.Parent!;
        return Path.Combine(root.FullName, "src/Warren.Server/bin", output.Parent!.Name, output.Name, "Warren.Server.dll");
    }

    private void Hear(string line)
    {
        lock (_said) _said.AppendLine(CultureInfo.InvariantCulture, $"{line}");
        if (!_processId.Task.IsCompleted && int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) _processId.SetResult(id);
        if (line.Contains(" is ready at ", StringComparison.Ordinal)) _ready.TrySetResult();
    }
}
