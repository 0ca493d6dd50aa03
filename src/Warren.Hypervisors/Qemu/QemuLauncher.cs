using System.Globalization;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Snapshots;

namespace Warren.Hypervisors.Qemu;

/// <summary>Starts QEMU detached: its own session, no pipe to us, umask 077, standard error in qemu.log.</summary>
internal sealed class QemuLauncher(QemuOptions options, CommandRunner commands, TimeProvider clock)
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(10);

    /// <summary>Most QEMUs answer within this, and somebody waits for a fork's.</summary>
    private static readonly TimeSpan s_quick = TimeSpan.FromMilliseconds(200), s_soon = TimeSpan.FromMilliseconds(2), s_later = TimeSpan.FromMilliseconds(10);

    /// <summary>Logs larger than this are set aside at the next start; one older one is kept.</summary>
    private const long LongestLog = 8 << 20;

    /// <summary>
    /// A fixed script; every value is a positional parameter and is never parsed by the shell. <c>setsid</c> makes QEMU
    /// the leader of its own session, so that neither our death nor our terminal reaches it, and <c>$!</c> is its pid.
    /// </summary>
    private const string Detach = """
        umask 077; log=$1; memory=$2; groups=$3; shift 3
        [ -z "$memory" ] || exec 9<>"$memory" || exit
        while [ "$groups" -gt 0 ]; do echo $$ >"$1" || exit; shift; groups=$((groups - 1)); done
        setsid -- "$@" </dev/null >>"$log" 2>&1 & echo $!
        """;

    /// <summary>Where QEMU finds memory that was opened for it.</summary>
    internal const string InheritedMemory = "/proc/self/fd/9";

    /// <summary>Starts a machine and waits until its control socket answers.</summary>
    /// <param name="folder">Its files.</param>
    /// <param name="arguments">QEMU's.</param>
    /// <param name="resumed">What it takes in, or null.</param>
    /// <param name="start">How it is confined.</param>
    /// <param name="memory">A file that is opened for it where it is, and is <see cref="InheritedMemory"/> to it; or empty.</param>
    /// <param name="cancellation">Ends it again.</param>
    /// <exception cref="HypervisorException">With QEMU's own words when it ends instead.</exception>
    internal async Task StartAsync(MachineFolder folder, IReadOnlyList<string> arguments, Resumption? resumed, ConfinedStart start, string memory, CancellationToken cancellation)
    {
        await FormerEndsAsync(folder, cancellation);
        SetAside(folder.QemuLog);
        // Where the host's file system cannot forget the oldest part of a file.
        if (!SerialLogFiles.Cut(folder.SerialLog)) SetAside(folder.SerialLog);
        // The pid file stays: QEMU locks it, which keeps a second one out whatever happens to us.
        File.Delete(folder.ProcessRecord);
        // By it is known which QEMU has such a port; each makes its sockets anew.
        File.Delete(folder.ClipboardSocket);
        var offset = Length(folder.QemuLog);
        cancellation.ThrowIfCancellationRequested();
        // Not to be cancelled: its pid would be lost. It ends at once.
        var pid = await SpawnAsync(folder, arguments, start, memory, CancellationToken.None);
        var ticks = HostProcesses.StartTicks(pid);
        MachineProcess.Record(folder, pid, offset, resumed, start.Reach);
        try
        {
            await WaitUntilReadyAsync(folder, pid, offset, cancellation);
            Restrict(folder);
        }
        catch
        {
            await EndAsync(pid, ticks);
            // A start that was given up needs no explanation; one that failed has it in the log.
            if (cancellation.IsCancellationRequested) MachineProcess.Forget(folder);
            throw;
        }
    }

    /// <summary>One that has just been killed holds its disks until the last of its threads is gone.</summary>
    private async Task FormerEndsAsync(MachineFolder folder, CancellationToken cancellation)
    {
        if (PrivateFile.Read<ProcessRecord>(folder.ProcessRecord) is { } former && former.BootId == HostProcesses.BootId)
            await GoneAsync(former.ProcessId, former.StartTicks, cancellation);
    }

    /// <summary>
    /// Ends what was just spawned, by its start time: its arguments may still be those of the launching shell. Waits,
    /// because the next start would take a dying process for the running machine.
    /// </summary>
    private async Task EndAsync(int pid, long? ticks)
    {
        if (ticks is null) return;
        HostProcesses.Kill(pid, () => HostProcesses.StartTicks(pid) == ticks);
        await GoneAsync(pid, ticks.Value, CancellationToken.None);
    }

    private async Task GoneAsync(int pid, long ticks, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (HostProcesses.StartTicks(pid) == ticks && clock.GetElapsedTime(began) < GoneWithin)
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, cancellation);
    }

    /// <summary>Waits until a process that was spawned earlier answers on its control socket.</summary>
    internal async Task WaitUntilReadyAsync(MachineFolder folder, int pid, long logOffset, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            if (await AnswersAsync(folder, cancellation)) return;
            // Looked at after the attempt: the process may have become ready and ended in between.
            if (HostProcesses.StartTicks(pid) is null) throw QemuErrors.From(LogSince(folder, logOffset));
            if (clock.GetElapsedTime(began) > ReadyWithin)
            {
                throw new HypervisorException(HypervisorErrorKind.Unreachable,
                    $"QEMU did not open its control socket within {ReadyWithin.TotalSeconds:0} s");
            }

            await Task.Delay(clock.GetElapsedTime(began) < s_quick ? s_soon : s_later, clock, cancellation);
        }
    }

    /// <summary>The log of one run, at most its last 8 KiB.</summary>
    internal static string LogSince(MachineFolder folder, long offset)
    {
        try
        {
            using var log = new FileStream(folder.QemuLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            log.Position = Math.Max(Math.Min(offset, log.Length), log.Length - 8192);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The machine may be deleted at any moment.
            return "";
        }
    }

    private async Task<int> SpawnAsync(MachineFolder folder, IReadOnlyList<string> arguments, ConfinedStart start, string memory, CancellationToken cancellation)
    {
        var output = await commands.RequireAsync(
            new Command("/bin/sh",
            [
                "-c", Detach, "detach", folder.QemuLog, start.Before.Count > 0 ? memory : "", start.Groups.Count.ToString(CultureInfo.InvariantCulture), .. start.Groups,
                .. start.Before, options.QemuProgram, .. arguments,
            ])
            {
                Environment = options.Environment,
                WorkingDirectory = folder.Path,
            },
            cancellation);
        return int.Parse(output.Trim(), CultureInfo.InvariantCulture);
    }

    private async Task<bool> AnswersAsync(MachineFolder folder, CancellationToken cancellation)
    {
        if (!File.Exists(folder.QmpSocket)) return false;
        try
        {
            using var qmp = await QmpConnection.OpenAsync(folder.QmpSocket, TimeSpan.FromSeconds(2), clock, cancellation);
            return true;
        }
        catch (HypervisorException)
        {
            return false;
        }
    }

    // The umask leaves sockets 0700; the bit for execution means nothing there and goes too.
    private static void Restrict(MachineFolder folder)
    {
        foreach (var socket in new[] { folder.QmpSocket, folder.RfbSocket, folder.SerialSocket, folder.AgentSocket })
            HostDisk.AnswerFor(() => FileOwner.RestrictSocket(socket));
        if (File.Exists(folder.ClipboardSocket)) HostDisk.AnswerFor(() => FileOwner.RestrictSocket(folder.ClipboardSocket));
    }

    private static void SetAside(string log)
    {
        if (Length(log) > LongestLog) File.Move(log, log + ".1", overwrite: true);
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
