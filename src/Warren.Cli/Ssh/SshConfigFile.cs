using System.Text;
using System.Text.RegularExpressions;
using Warren.Cli.Machines;
using Warren.Contracts;

namespace Warren.Cli.Ssh;

/// <summary>
/// Machines as hosts of ssh_config(5), for programs that start ssh themselves: <c>NAME.warren</c>. What comes from the server is put in
/// only if it is a plain word; whatever else it sends cannot become a line or a command.
/// </summary>
internal static partial class SshConfigFile
{
    public const string Head = "# Written by `warren ssh-config --write`, and overwritten by the next one.\n";

    /// <summary>One machine's part.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="user">Who logs in there.</param>
    /// <param name="alias">Name of its host key.</param>
    /// <param name="knownHosts">File of its host keys.</param>
    /// <param name="keyFiles">Private keys to offer.</param>
    /// <param name="onlyThese">Offer no others.</param>
    /// <param name="proxyCommand">How ssh reaches it.</param>
    /// <returns>The lines; null when a name in it is not one.</returns>
    public static string? Block(
        Machine machine, string user, string alias, string knownHosts, IReadOnlyList<string> keyFiles, bool onlyThese, string proxyCommand)
    {
        if (!Name().IsMatch(MachineText.Called(machine)) || !Word().IsMatch(user) || !Word().IsMatch(alias)) return null;
        var text = new StringBuilder();
        text.Append("Host ").Append(MachineText.Called(machine)).Append(".warren\n");
        Add("User", user);
        Add("HostKeyAlias", alias);
        Add("UserKnownHostsFile", Path(knownHosts));
        Add("StrictHostKeyChecking", "accept-new");
        foreach (var file in keyFiles) Add("IdentityFile", Path(file));
        if (onlyThese) Add("IdentitiesOnly", "yes");
        Add("ProxyCommand", proxyCommand);
        return text.ToString();

        void Add(string keyword, string value) => text.Append("    ").Append(keyword).Append(' ').Append(value).Append('\n');
    }

    /// <summary>A path of this computer: in quotes, with % doubled, and without what quotes do not keep.</summary>
    private static string Path(string path)
    {
        if (path.Any(c => char.IsControl(c) || c is '"') || path.Contains("${", StringComparison.Ordinal) || (!OperatingSystem.IsWindows() && path.Contains('\\', StringComparison.Ordinal)))
            throw Refusal.Of("unsupported", "A path that ssh cannot read", $"ssh_config cannot name the file {path}: choose another XDG_CONFIG_HOME");
        return $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\"";
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();
}
