using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Qemu;

/// <summary>What QEMU and qemu-img print when they fail, as a failure the worker can decide by. Pure.</summary>
internal static partial class QemuErrors
{
    private const int LongestQuote = 600;

    /// <summary>Finds the kind from the text: ports and locks are Busy, everything else is Rejected.</summary>
    internal static HypervisorException From(string text)
    {
        var said = Quote(text);
        if (HostForward().Match(text) is { Success: true } forward)
        {
            return new HypervisorException(HypervisorErrorKind.Busy,
                $"port {forward.Groups["port"].Value} ({forward.Groups["protocol"].Value}, {forward.Groups["address"].Value}) is taken by another program on the host");
        }

        if (ImageLock().IsMatch(text))
        {
            return new HypervisorException(HypervisorErrorKind.Busy,
                $"a disk is in use by another machine or program: {said}");
        }

        if (NotInstalled().Match(text) is { Success: true } absent)
        {
            return new HypervisorException(HypervisorErrorKind.Unsupported,
                $"{absent.Groups["program"].Value} cannot be started: {absent.Groups["why"].Value}");
        }

        if (text.Contains("cannot create PID file", StringComparison.OrdinalIgnoreCase))
            return new HypervisorException(HypervisorErrorKind.Busy, "the machine is being started by another process");
        if (text.Contains("Cannot allocate memory", StringComparison.OrdinalIgnoreCase))
            return new HypervisorException(HypervisorErrorKind.Busy, "the host has not enough free memory for this machine");
        return new HypervisorException(HypervisorErrorKind.Rejected, said.Length > 0 ? said : "QEMU ended without a word");
    }

    /// <summary>The end of a log for people: warnings, time stamps and the program's name left out. Null when nothing remains.</summary>
    internal static string Quote(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => !l.Contains("warning:", StringComparison.Ordinal))
            .Select(l => Prefix().Replace(l, ""));
        var said = string.Join("; ", lines);
        return said.Length > LongestQuote ? said[^LongestQuote..] : said;
    }

    [GeneratedRegex(@"Could not set up host forwarding rule '(?<protocol>\w+):(?<address>[^:]*):(?<port>\d+)-", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostForward();

    // setsid(1) and setpriv(1) of util-linux in the C locale.
    [GeneratedRegex(@"^set(sid|priv): failed to execute (?<program>.+): (?<why>No such file or directory|Permission denied)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex NotInstalled();

    [GeneratedRegex(@"Failed to (get ""[\w ]+""|lock byte)|Is another process using the image", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageLock();

    [GeneratedRegex(@"\A(\d{4}-\d\d-\d\dT[\d:.]+Z )?(\S*qemu-[\w-]+: )?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Prefix();
}
