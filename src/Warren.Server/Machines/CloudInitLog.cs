using System.Text;
using System.Text.RegularExpressions;
using Warren.Hypervisors;

namespace Warren.Server.Machines;

/// <summary>The end of cloud-init's own log, which says what the one line of its result does not: which command failed, and how.</summary>
internal static partial class CloudInitLog
{
    /// <summary>Everything that its modules and the commands it runs print (cloud-init documentation, "Log and error files").</summary>
    public const string File = "/var/log/cloud-init-output.log";

    private const int MostBytes = 4096;
    private const int MostLines = 25;
    private const int LongestLine = 400;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Its last lines, fit to be shown; none when the guest does not give them.</summary>
    public static async Task<IReadOnlyList<string>> TailAsync(IGuest guest, string machineId, CancellationToken cancellation)
    {
        try
        {
            var answer = await guest.ExecAsync(machineId, new GuestExec("/usr/bin/tail", ["-c", $"{MostBytes}", File], null, s_patience), cancellation);
            return answer.ExitCode == 0 ? Lines(answer.Output) : [];
        }
        catch (HypervisorException)
        {
            return [];
        }
    }

    internal static IReadOnlyList<string> Lines(byte[] tail)
    {
        var lines = Encoding.UTF8.GetString(tail).Split('\n').ToList();
        // The first one is cut where the tail begins.
        if (tail.Length >= MostBytes && lines.Count > 1) lines.RemoveAt(0);
        return [.. lines.Select(Clean).Where(l => l.Length > 0).TakeLast(MostLines)];
    }

    /// <summary>Without colours and other commands to a terminal; of a progress bar only what it came to.</summary>
    private static string Clean(string line)
    {
        var last = line.TrimEnd('\r').Split('\r')[^1];
        var text = string.Concat(Escape().Replace(last, "").Where(c => !char.IsControl(c) || c == '\t')).TrimEnd();
        return text.Length > LongestLine ? text[..LongestLine] + "…" : text;
    }

    [GeneratedRegex(@"\e\[[0-9;?]*[A-Za-z]", RegexOptions.NonBacktracking)]
    private static partial Regex Escape();
}
