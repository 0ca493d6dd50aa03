using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Running;

/// <summary>The real command line, as a user of this data folder runs it.</summary>
internal sealed class WarrenCommand(string data)
{
    /// <summary>Its own settings and private keys.</summary>
    public string Config { get; } = Path.Combine(data, "user");

    /// <summary>Runs it and insists on exit code 0.</summary>
    /// <returns>Standard output.</returns>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new ShouldAssertException($"warren {string.Join(' ', arguments)} ended with {result.ExitCode}:\n{result.Output}{result.Error}");
    }

    /// <summary>Runs it, whatever comes of it.</summary>
    public Task<CommandResult> TryAsync(params string[] arguments) => new CommandRunner().RunAsync(
        new Command("dotnet", [Clone.CommandLine, .. arguments])
        {
            Timeout = TimeSpan.FromMinutes(20),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["WARREN_DATA"] = data,
                ["XDG_CONFIG_HOME"] = Config,
                // Whatever the person who runs the tests has set is not for here.
                ["WARREN_URL"] = "",
                ["WARREN_TOKEN"] = "",
            },
        });

    /// <summary>Logs in with the system's own ssh and one key only, and runs a command.</summary>
    public async Task<CommandResult> PlainSshAsync(Warren.Contracts.SshAddress address, string key, params string[] command) => await new CommandRunner().RunAsync(
        new Command("ssh",
        [
            "-F", "none", "-p", $"{address.Port}", "-l", address.User, "-i", Path.Combine(Config, "warren", "keys", key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=20",
            address.Host, .. command,
        ]) { Timeout = TimeSpan.FromMinutes(1) });
}
