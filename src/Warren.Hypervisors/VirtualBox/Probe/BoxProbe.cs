using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Probe;

/// <summary>
/// A look at the host. Whether machines start there is only known when one has: a kernel module may be missing, or another
/// hypervisor may hold the processor. A machine of 16 MiB without a disk is made, started and removed for it.
/// </summary>
internal sealed partial class BoxProbe(BoxManage box, BoxMachines machines, HostFiles files, VirtualBoxOptions options, TimeProvider clock)
{
    private static readonly TimeSpan s_verdictHolds = TimeSpan.FromMinutes(10);
    private (DateTimeOffset At, string? Problem)? _verdict;

    internal async Task<HostProbe> RunAsync(CancellationToken cancellation)
    {
        var version = await box.VersionAsync(cancellation);
        var said = await box.AskAsync(["list", "hostinfo"], "list hostinfo", cancellation);
        var (cpus, free) = await files.CapacityAsync(cancellation);
        var problem = await TrialAsync(cancellation);
        return new HostProbe(
            $"VirtualBox {version.Text}",
            "virtualbox",
            problem is null ? "VirtualBox runs guests by the processor's own virtualisation only, and a trial machine has started" : "a trial machine did not start",
            new HostCapacity(MemoryMiB(said), cpus, free),
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["front end"] = options.Frontend,
                ["reached"] = options.Ssh is { } ssh ? $"by ssh to {ssh.Host}" : "on the server's own machine",
                ["folder"] = options.Folder,
            },
            problem is null ? [] : [$"machines cannot be started: {problem}. Is the kernel module vboxdrv loaded, and the processor's virtualisation on and free?"]);
    }

    /// <summary>Reads "Memory size: 24105 MByte".</summary>
    internal static long MemoryMiB(string hostInfo) =>
        Memory().Match(hostInfo) is { Success: true } match && long.TryParse(match.Groups["mib"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var mib)
            ? mib
            : throw new HypervisorException(HypervisorErrorKind.Rejected, "VBoxManage list hostinfo does not say how much memory the host has");

    private async Task<string?> TrialAsync(CancellationToken cancellation)
    {
        if (_verdict is { } known && clock.GetUtcNow() - known.At < s_verdictHolds) return known.Problem;
        var name = $"warren-trial-{Guid.NewGuid():n}";
        string? problem = null;
        try
        {
            await box.ChangeAsync(["createvm", "--name", name, "--basefolder", machines.Root, "--ostype", "Linux_64", "--register"], cancellation);
            await box.ChangeAsync(["modifyvm", name, "--memory", "16", "--description", "Warren looks whether machines start here"], cancellation);
            await box.ChangeAsync(["startvm", name, "--type", "headless"], cancellation);
            await box.ChangeAsync(["controlvm", name, "poweroff"], CancellationToken.None);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            problem = e.Message;
        }
        finally
        {
            await box.TryAsync(["controlvm", name, "poweroff"], options.Timeout, CancellationToken.None);
            if (await machines.LookAsync(name, CancellationToken.None) is not null) await box.ChangeAsync(["unregistervm", name, "--delete"], CancellationToken.None);
            await files.RemoveFolderAsync($"{machines.Root}/{name}");
        }

        _verdict = (clock.GetUtcNow(), problem);
        return problem;
    }

    [GeneratedRegex(@"^Memory size:\s+(?<mib>[0-9]{1,12}) MByte", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Memory();
}
