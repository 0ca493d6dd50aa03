using System.Globalization;
using Npgsql;
using Warren.Hypervisors.Commands;

namespace Warren.Server.Tests.Hosting;

/// <summary>A private PostgreSQL cluster from Debian's package, on a unix socket in a temporary folder.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly CommandRunner _commands = new();
    private string _folder = "";
    private int _databases;

    /// <summary>Whether Debian's package is there.</summary>
    public static bool IsInstalled => Find("initdb") is not null;

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer { _folder = Directory.CreateTempSubdirectory("warren-pg-").FullName };
        var folder = server._folder;
        if (Environment.IsPrivilegedProcess) await server._commands.RequireAsync(new Command("chown", "postgres", folder));
        await server.RunAsync("initdb", "-D", Path.Combine(folder, "db"), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8");
        await server.RunAsync("pg_ctl", "start", "-w", "-s", "-D", Path.Combine(folder, "db"), "-l", Path.Combine(folder, "log"),
            "-o", $"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=600");
        return server;
    }

    /// <summary>Makes a database and returns how to connect to it.</summary>
    /// <param name="template">Which one to copy; the default has nothing in it.</param>
    public async Task<string> CreateDatabaseAsync(string template = "template0")
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"t{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection($"Host={_folder};Username=postgres;Database=postgres;Maximum Pool Size=4");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {name} template {template}", connection);
        await create.ExecuteNonQueryAsync();
        return $"Host={_folder};Username=postgres;Database={name};Maximum Pool Size=40;Connection Idle Lifetime=5;Connection Pruning Interval=2";
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("pg_ctl", "stop", "-m", "immediate", "-s", "-D", Path.Combine(_folder, "db"));
        Directory.Delete(_folder, recursive: true);
    }

    private static string? Find(string program) => !Directory.Exists("/usr/lib/postgresql") ? null
        : Directory.EnumerateDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin", program)).LastOrDefault(File.Exists);

    private async Task RunAsync(string program, params string[] arguments)
    {
        var path = Find(program) ?? throw new InvalidOperationException("PostgreSQL is missing; run eng/install test");
        // PostgreSQL refuses to run as root.
        var command = Environment.IsPrivilegedProcess ? new Command("runuser", ["-u", "postgres", "--", path, .. arguments]) : new Command(path, arguments);
        // pg_ctl's child keeps our pipes open, so its end is not waited for through them.
        if (program == "pg_ctl") command = new Command("sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", command.Program, .. command.Arguments]);
        await _commands.RequireAsync(command with { WorkingDirectory = _folder, Timeout = TimeSpan.FromMinutes(2) });
    }
}
