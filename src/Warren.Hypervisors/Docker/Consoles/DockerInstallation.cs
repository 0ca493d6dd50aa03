using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// Progress of an unattended installation: the images announce each step by a line of their log that begins with
/// <c>❯</c> (dockur, qemus) or <c>&gt;</c> (images/runner); the end is a remote desktop that answers.
/// </summary>
internal sealed partial class DockerInstallation(EngineClient engine, MachineContainers containers, DockerOptions options, TimeProvider clock) : IInstallation
{
    private const int LinesLookedAt = 2000, LongestTail = 1 << 20, LongestStep = 200;

    /// <inheritdoc/>
    public async Task<InstallationProgress> LookAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireAsync(machineId, cancellation);
        var step = LastStep(await TailAsync(machine, cancellation));
        if (!machine.Runs || PublishedPorts.IsOutOfReach(options) || PublishedPorts.Find(machine, MachineEnvironment.RemoteDesktopPort, options) is not { } at)
            return new InstallationProgress(step, false, null);
        var answers = machine.Power == ObservedPower.On && await RemoteDesktop.AnswersAsync(at.Host, at.Port, clock, cancellation);
        return new InstallationProgress(step, answers, string.Create(CultureInfo.InvariantCulture, $"{at.Host}:{at.Port}"));
    }

    /// <summary>The last announced step of a log, without colours and signs.</summary>
    internal static string? LastStep(string log)
    {
        foreach (var line in log.Split('\n').Reverse())
        {
            var plain = Control().Replace(line, "").Trim();
            if (Step().Match(plain) is not { Success: true } match) continue;
            var said = match.Groups["step"].Value.Trim();
            if (said.Length > 0) return said.Length > LongestStep ? said[..LongestStep] : said;
        }

        return null;
    }

    private async Task<string> TailAsync(MachineContainer machine, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/containers/{machine.NativeId}/logs?stdout=1&stderr=1&tail={LinesLookedAt}");
        await using var log = await engine.OpenAsync(new Request(HttpMethod.Get, path), cancellation);
        var buffer = new byte[LongestTail];
        var length = await log.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    [GeneratedRegex(@"\A[❯>] (?<step>[^\n]+)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Step();

    // Escape sequences of terminals (ECMA-48, CSI), and whatever else has no shape.
    [GeneratedRegex(@"\x1B\[[0-?]*[ -/]*[@-~]|\p{C}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Control();
}
