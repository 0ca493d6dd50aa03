using System.Globalization;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Commands;

/// <summary>Where ssh leads.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="User">Account, or null for ssh's own choice.</param>
/// <param name="Port">Port, or null for ssh's own choice.</param>
internal sealed partial record SshTarget(string Host, string? User, int? Port)
{
    /// <summary>What ssh itself ends with when it does not get there (ssh(1), EXIT STATUS).</summary>
    internal const int Failed = 255;

    /// <summary>Reads <c>[user@]host[:port]</c>.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the setting.</exception>
    internal static SshTarget Parse(string setting, string text)
    {
        var match = Shape().Match(text);
        if (!match.Success) throw HostConnection.Wrong(setting, "must be [user@]host[:port]");
        int? port = match.Groups["port"] is { Success: true } numbered ? int.Parse(numbered.Value, CultureInfo.InvariantCulture) : null;
        if (port is < 1 or > 65535) throw HostConnection.Wrong(setting, "must have a port from 1 to 65535");
        return new SshTarget(match.Groups["host"].Value, match.Groups["user"] is { Success: true } user ? user.Value : null, port);
    }

    /// <summary>
    /// A command that runs there. ssh joins its words for a POSIX shell on the other side, so that each is quoted; passwords
    /// are never asked for, and the destination stands behind <c>--</c>.
    /// </summary>
    internal Command Remote(string program, IEnumerable<string> arguments)
    {
        List<string> line = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"];
        if (User is { } user) line.AddRange(["-l", user]);
        if (Port is { } number) line.AddRange(["-p", number.ToString(CultureInfo.InvariantCulture)]);
        line.AddRange(["--", Host, string.Join(' ', arguments.Prepend(program).Select(Quote))]);
        return new Command("ssh", line);
    }

    /// <summary>One word for a POSIX shell: between single quotes nothing is special but they themselves.</summary>
    internal static string Quote(string word) => "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";

    [GeneratedRegex(@"\A((?<user>[a-z_][a-z0-9_-]{0,31})@)?(?<host>[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(:(?<port>[0-9]{1,5}))?\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shape();
}
