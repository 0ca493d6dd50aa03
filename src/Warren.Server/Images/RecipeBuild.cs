using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;

namespace Warren.Server.Images;

/// <summary>
/// Runs a recipe's <c>build OUTPUT_DIR</c>: it prints <c>PROGRESS percent message</c>, leaves <c>disk.qcow2</c> and <c>manifest.txt</c>,
/// cleans up on SIGTERM, and ends with 3 and <c>MISSING package...</c> on standard error when packages are not installed.
/// </summary>
public sealed partial class RecipeBuild(CommandRunner runner, TimeProvider time)
{
    private const int MissingPackages = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>Builds an image.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">An empty folder, used by this build alone.</param>
    /// <param name="progress">Told the percentage of this build and what it does.</param>
    /// <param name="cancellation">Ends the build; it cleans up first.</param>
    /// <returns>The built disk.</returns>
    /// <exception cref="ImageException">The build failed; the message has the packages to install or the build's last words.</exception>
    public async Task<string> RunAsync(Recipe recipe, string output, Action<int, string> progress, CancellationToken cancellation)
    {
        // A session of its own: when the server is killed, the next one finds the build's whole process group and ends it.
        var command = new Command("setsid", [recipe.BuildProgram, output])
        {
            Timeout = Longest,
            Grace = Grace,
            OnOutputLine = line =>
            {
                if (ProgressLine().Match(line) is { Success: true } match && int.TryParse(match.Groups["percent"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var percent))
                    progress(Math.Min(percent, 100), match.Groups["message"].Value);
            },
        };
        CommandResult result;
        try
        {
            result = await runner.RunAsync(command, cancellation);
        }
        catch (HypervisorException e)
        {
            throw new ImageException(ImageErrors.RecipeFailed, $"recipe {recipe.Name}: {e.Message}", inner: e);
        }

        if (result.ExitCode == MissingPackages && MissingLine().Match(result.Error) is { Success: true } missing)
            throw new ImageException(ImageErrors.RecipeFailed, $"recipe {recipe.Name} needs packages that are not installed: apt-get install {missing.Groups["packages"].Value.Trim()}");
        if (result.ExitCode != 0) throw new ImageException(ImageErrors.RecipeFailed, $"recipe {recipe.Name} ended with {result.ExitCode}: {LastWords(result.Error)}");
        var disk = Path.Combine(output, "disk.qcow2");
        if (!File.Exists(disk)) throw new ImageException(ImageErrors.RecipeFailed, $"recipe {recipe.Name} left no disk.qcow2");
        return disk;
    }

    /// <summary>Ends a build that outlived the server which started it: whatever process names this output folder, with its group.</summary>
    public async Task EndOrphanAsync(string output, CancellationToken cancellation)
    {
        var groups = Groups(output);
        foreach (var group in groups) ProcessSignals.TerminateGroup(group);
        var started = time.GetTimestamp();
        while (Groups(output).Count > 0)
        {
            if (time.GetElapsedTime(started) > Grace)
                foreach (var group in Groups(output)) ProcessSignals.KillGroup(group);
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellation);
        }
    }

    /// <summary>Process groups led by a build into this folder.</summary>
    private static List<int> Groups(string output)
    {
        var groups = new List<int>();
        if (!Directory.Exists("/proc/self")) return groups;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                var arguments = File.ReadAllText(Path.Combine(folder, "cmdline")).Split('\0');
                // pid (comm) state ppid pgrp ...: the command's name may hold anything, so count from its closing bracket.
                var status = File.ReadAllText(Path.Combine(folder, "stat"));
                var fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (arguments.Contains(output) && fields[0] != "Z" && fields[2] == Path.GetFileName(folder)) groups.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at, or is another user's.
            }
        }

        return groups;
    }

    private static string LastWords(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var said = lines.LastOrDefault(l => l.StartsWith("error:", StringComparison.OrdinalIgnoreCase) || l.StartsWith("E:", StringComparison.Ordinal)) ?? lines.LastOrDefault() ?? "it said nothing";
        return said.Length > 500 ? said[..500] : said;
    }

    [GeneratedRegex(@"\APROGRESS (?<percent>[0-9]{1,3}) (?<message>.{1,200})", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProgressLine();

    [GeneratedRegex(@"^MISSING (?<packages>[a-z0-9 .+-]{1,2000})\r?$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MissingLine();
}
