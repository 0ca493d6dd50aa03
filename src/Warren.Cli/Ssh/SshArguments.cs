using System.Globalization;
using Warren.Contracts;

namespace Warren.Cli.Ssh;

/// <summary>The argument list for the user's own ssh.</summary>
internal static class SshArguments
{
    /// <param name="address">Where the machine's SSH server is.</param>
    /// <param name="alias">The name under which its host key is remembered: its port may change.</param>
    /// <param name="knownHosts">File of host keys, this machine's only.</param>
    /// <param name="keyFiles">Private keys to offer.</param>
    /// <param name="onlyThese">Offer no others: too many make a server hang up before the right one comes.</param>
    /// <param name="proxyCommand">How ssh reaches it where the address does not lead there, or null.</param>
    /// <param name="command">What to run there; a shell when empty.</param>
    public static IReadOnlyList<string> Build(
        SshAddress address, string alias, string knownHosts, IReadOnlyList<string> keyFiles, bool onlyThese, string? proxyCommand, IReadOnlyList<string> command)
    {
        var arguments = new List<string> { "-p", address.Port.ToString(CultureInfo.InvariantCulture), "-l", address.User };
        foreach (var file in keyFiles) arguments.AddRange(["-i", file]);
        if (onlyThese) arguments.AddRange(["-o", "IdentitiesOnly=yes"]);
        arguments.AddRange(["-o", "StrictHostKeyChecking=accept-new"]);
        arguments.AddRange(["-o", $"UserKnownHostsFile={Quote(knownHosts)}"]);
        arguments.AddRange(["-o", $"HostKeyAlias={alias}"]);
        if (proxyCommand is not null) arguments.AddRange(["-o", $"ProxyCommand={proxyCommand}"]);
        // No "permanently added" at each machine's first time; a changed host key is still told, as an error.
        arguments.AddRange(["-o", "LogLevel=ERROR"]);
        arguments.AddRange(["--", address.Host, .. command]);
        return arguments;
    }

    /// <summary>As ssh_config(5) reads values: blanks need quotes, and % begins a token.</summary>
    private static string Quote(string path)
    {
        var escaped = path.Replace("%", "%%", StringComparison.Ordinal);
        return escaped.Any(char.IsWhiteSpace) ? $"\"{escaped}\"" : escaped;
    }
}
