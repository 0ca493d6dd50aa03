using System.Globalization;
using System.Security.Cryptography;
using EndToEnd.Tests.Running;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Tunnels;

/// <summary>The system's own scp to a machine, by the file that <c>warren ssh-config</c> writes (through the server) and by the machine's forward.</summary>
internal static class Scp
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    /// <summary>Copies random bytes in both ways and insists that they arrive whole.</summary>
    /// <returns>What was measured, for people.</returns>
    public static async Task<string> CompareAsync(TestBed bed, string name, int mebibytes)
    {
        var file = Path.Combine(bed.Data, "sent");
        await WriteAsync(file, mebibytes);
        var sum = await SumAsync(file);
        var config = await WriteConfigAsync(bed);
        var machine = await bed.InfoAsync(name);
        string[] direct =
        [
            "-P", machine.Ssh!.Port.ToString(CultureInfo.InvariantCulture), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
            .. await KeysAsync(config, name),
        ];
        var target = $"{machine.Ssh.User}@{machine.Ssh.Host}";
        var tunnelled = await CopyAsync(bed, ["-F", config], file, $"{name}.warren:through");
        (await bed.SshAsync(name, "sha256sum", "through")).ShouldStartWith(sum);
        var forwarded = await CopyAsync(bed, ["-F", "none", .. direct], file, $"{target}:forwarded");
        (await bed.SshAsync(name, "sha256sum", "forwarded")).ShouldStartWith(sum);

        var back = Path.Combine(bed.Data, "back");
        var tunnelledBack = await CopyAsync(bed, ["-F", config], $"{name}.warren:through", back);
        (await SumAsync(back)).ShouldBe(sum);
        var forwardedBack = await CopyAsync(bed, ["-F", "none", .. direct], $"{target}:forwarded", back);
        (await SumAsync(back)).ShouldBe(sum);
        File.Delete(file);
        File.Delete(back);
        return string.Create(CultureInfo.InvariantCulture,
            $"scp of {mebibytes} MiB: to the guest {Speed(tunnelled)} through the server, {Speed(forwarded)} by its forward; from it {Speed(tunnelledBack)} and {Speed(forwardedBack)}");

        string Speed(TimeSpan took) => string.Create(CultureInfo.InvariantCulture, $"{mebibytes / took.TotalSeconds:0.0} MiB/s");
    }

    /// <summary>The machine's own keys among those that there are: with another one ssh is turned away, and scp calls that a closed connection.</summary>
    private static async Task<IEnumerable<string>> KeysAsync(string config, string name)
    {
        var settings = await new CommandRunner().RequireAsync(new Command("ssh", ["-F", config, "-G", $"{name}.warren"]));
        const string key = "identityfile ";
        return settings.Split('\n').Where(l => l.StartsWith(key, StringComparison.Ordinal)).SelectMany(l => new[] { "-i", l[key.Length..].Trim('"') });
    }

    /// <summary>The file for ssh, of this bed alone.</summary>
    public static async Task<string> WriteConfigAsync(TestBed bed)
    {
        await bed.Warren.RunAsync("ssh-config", "--write");
        return Path.Combine(bed.Warren.Config, "warren", "ssh_config");
    }

    private static async Task<TimeSpan> CopyAsync(TestBed bed, string[] options, string from, string to)
    {
        TimeSpan? took = null;
        await Eventually.TrueAsync($"{to} is copied to", async () =>
        {
            try
            {
                took = await TryCopyAsync(bed, options, from, to);
                return true;
            }
            catch (HypervisorException e) when (e.Message.Contains("Connection closed", StringComparison.Ordinal))
            {
                // A guest's SSH server turns connections away while many have not logged in yet, which takes long on a busy host.
                return false;
            }
        });
        return took!.Value;
    }

    private static async Task<TimeSpan> TryCopyAsync(TestBed bed, string[] options, string from, string to)
    {
        var began = TimeProvider.System.GetTimestamp();
        await new CommandRunner().RequireAsync(new Command("scp", ["-q", "-o", "BatchMode=yes", .. options, from, to])
        {
            Timeout = s_limit,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["WARREN_DATA"] = bed.Data,
                ["XDG_CONFIG_HOME"] = bed.Warren.Config,
                ["WARREN_URL"] = "",
                ["WARREN_TOKEN"] = "",
            },
        });
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static async Task WriteAsync(string file, int mebibytes)
    {
        await using var stream = File.Create(file);
        for (var i = 0; i < mebibytes; i++) await stream.WriteAsync(RandomNumberGenerator.GetBytes(1 << 20));
    }

    private static async Task<string> SumAsync(string file)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
    }
}
