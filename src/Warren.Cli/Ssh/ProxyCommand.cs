using System.Globalization;

namespace Warren.Cli.Ssh;

/// <summary>
/// The command by which ssh reaches a machine through the server: this very program. ssh gives it to the user's shell, so every word is
/// quoted; and ssh_config(5) reads % in it, so that is doubled. It has no token in it: the program finds that as it always does.
/// </summary>
internal static class ProxyCommand
{
    /// <param name="self">What starts this program.</param>
    /// <param name="server">The server's address, or null for the one that is found.</param>
    /// <param name="machine">The machine's id.</param>
    /// <param name="port">The guest's port.</param>
    public static string Build(IReadOnlyList<string> self, Uri? server, string machine, int port)
    {
        // Without a name and password that somebody may have put before the host.
        string[] at = server is null ? [] : ["--server", server.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)];
        IEnumerable<string> words = [.. self, "tunnel", "--quiet", "--stdio", .. at, "--", machine, port.ToString(CultureInfo.InvariantCulture)];
        return string.Join(' ', words.Select(Quote)).Replace("%", "%%", StringComparison.Ordinal);
    }

    private static string Quote(string word)
    {
        if (word.Any(char.IsControl)) throw Refusal.Invalid("ProxyCommand", "a path or address with control characters cannot be given to ssh");
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or ':')) return word;
        if (!OperatingSystem.IsWindows()) return "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";
        return word.Contains('"', StringComparison.Ordinal) ? throw Refusal.Invalid("ProxyCommand", "a path with quotes cannot be given to ssh") : $"\"{word}\"";
    }
}
