using System.Globalization;
using System.Security.Cryptography;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Docker;
using Warren.Hypervisors.Docker.Engine;

namespace Hypervisors.Tests.Docker;

/// <summary>
/// A dockerd of these tests alone: own data, sockets and bridge, no packet filter and no forwarding, so that nothing of
/// the machine's is touched. It listens on a unix socket and, with TLS, on loopback.
/// </summary>
public sealed class PrivateEngine : IAsyncLifetime
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private readonly CommandRunner _commands = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly string _bridge = string.Create(CultureInfo.InvariantCulture, $"wd{RandomNumberGenerator.GetInt32(1 << 20):x}");
    private Task<CommandResult>? _daemon;

    /// <summary>Why there is none, or null.</summary>
    internal string? Absent { get; private set; }

    internal string Folder { get; private set; } = "";

    internal string Socket => Path.Combine(Folder, "sock");

    internal int TlsPort { get; private set; }

    internal TestAuthority Authority { get; } = new();

    /// <summary>The runner image's archive.</summary>
    internal string Runner { get; private set; } = "";

    /// <summary>Settings of a driver for it; each asks the same verdict file, so that nothing is probed twice.</summary>
    internal DockerOptions Options(string host = "test") => new()
    {
        Host = host,
        Folder = Path.Combine(Folder, "server"),
        Endpoint = new Uri($"unix://{Socket}"),
        RunnerImage = "warren/runner",
        RunnerArchive = Runner,
        Accelerator = "tcg",
        Network = "user",
        StopGrace = TimeSpan.FromSeconds(60),
        // A machine that runs all suites at once may keep an engine waiting.
        Timeout = TimeSpan.FromMinutes(2),
    };

    internal EngineClient Client() => new(Options(), TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        if (Environment.UserName != "root") Absent = "a dockerd of its own needs root";
        else if (!await IsInstalledAsync("dockerd")) Absent = "dockerd is not installed: eng/install test";
        if (Absent is not null) return;
        Runner = await RunnerImage.PathAsync();
        try
        {
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        Folder = Directory.CreateTempSubdirectory("wd").FullName;
        TlsPort = LoopbackPorts.Free();
        var subnet = RandomNumberGenerator.GetInt32(1, 255).ToString(CultureInfo.InvariantCulture);
        await _commands.RequireAsync(new Command("ip", "link", "add", _bridge, "type", "bridge"));
        await _commands.RequireAsync(new Command("ip", "address", "add", $"10.213.{subnet}.1/24", "dev", _bridge));
        await _commands.RequireAsync(new Command("ip", "link", "set", _bridge, "up"));
        Authority.Write(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "daemon.json"), "{}");
        _daemon = _commands.RunAsync(new Command("dockerd",
            "--data-root", Path.Combine(Folder, "data"), "--exec-root", Path.Combine(Folder, "exec"), "--pidfile", Path.Combine(Folder, "pid"),
            "--config-file", Path.Combine(Folder, "daemon.json"), "--bridge", _bridge, "--iptables=false", "--ip6tables=false", "--ip-forward=false",
            "--ip-masq=false", "--default-ulimit", "nofile=20000:20000", "--shutdown-timeout", "5", "--host", $"unix://{Socket}",
            "--host", string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{TlsPort}"), "--tlsverify",
            "--tlscacert", Path.Combine(Folder, "ca.pem"), "--tlscert", Path.Combine(Folder, "server.pem"), "--tlskey", Path.Combine(Folder, "server.key"))
        {
            Timeout = s_day,
            Grace = TimeSpan.FromSeconds(30),
        }, _ended.Token);
        using var client = Client();
        await Eventually.TrueAsync("dockerd answers", async () =>
        {
            if (_daemon.IsCompleted) throw new InvalidOperationException("dockerd ended: " + (await _daemon).Error[^Math.Min(2000, (await _daemon).Error.Length)..]);
            try
            {
                await client.VersionAsync(CancellationToken.None);
                return true;
            }
            catch (Warren.Hypervisors.HypervisorException)
            {
                return false;
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        if (_daemon is not null) await ((Task)_daemon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Folder.Length == 0) return;
        await _commands.RunAsync(new Command("ip", "link", "delete", _bridge));
        await _commands.RequireAsync(new Command("rm", "-rf", "--one-file-system", Folder));
        _ended.Dispose();
        Authority.Dispose();
    }

    private async Task<bool> IsInstalledAsync(string program)
    {
        try
        {
            return (await _commands.RunAsync(new Command(program, "--version"))).ExitCode == 0;
        }
        catch (Warren.Hypervisors.HypervisorException)
        {
            return false;
        }
    }
}

/// <summary>The runner image: from WARREN_TEST_RUNNER, else built once by its recipe into the clone's cache.</summary>
internal static class RunnerImage
{
    private static readonly Lazy<Task<string>> s_path = new(FindOrBuildAsync);

    internal static Task<string> PathAsync() => s_path.Value;

    private static async Task<string> FindOrBuildAsync()
    {
        if (Environment.GetEnvironmentVariable("WARREN_TEST_RUNNER") is { Length: > 0 } given) return Path.GetFullPath(given);
        var folder = Path.Combine(TinyImage.Clone(), ".cache", "runner");
        var archive = Path.Combine(folder, "image.tar");
        if (File.Exists(archive)) return archive;
        Directory.CreateDirectory(folder);
        await new CommandRunner().RequireAsync(
            new Command(Path.Combine(TinyImage.Clone(), "images", "runner", "build"), folder) { Timeout = TimeSpan.FromMinutes(10) });
        return archive;
    }
}

/// <summary>All tests that share the engine, one after another.</summary>
[CollectionDefinition("docker")]
public sealed class EngineCollection : ICollectionFixture<PrivateEngine>;
