using Warren.Hypervisors.Qemu.Snapshots;

namespace Warren.Hypervisors.Qemu.Suspension;

/// <summary>
/// Suspend to disk: the whole of a machine's memory and its devices as QEMU's migration stream in the machine's folder, and
/// its process ended. A fork's is whole too: it needs neither its warm image nor its parent to go on. The order of the files
/// (<see cref="SuspendFiles"/>) is such that a machine whose server or host dies at any moment runs on or is suspended, and
/// that no state is ever taken in by disks that have gone on without it.
/// </summary>
internal sealed class QemuSuspend(string machinesFolder, QemuLife life, QemuSnapshots snapshots, QemuControl control, TimeProvider clock) : ISuspend
{
    /// <inheritdoc/>
    public Task SuspendAsync(string machineId, CancellationToken cancellation) => HostDisk.AnswerForAsync(() => SuspendAsync(new MachineFolder(machinesFolder, machineId), cancellation));

    private async Task SuspendAsync(MachineFolder folder, CancellationToken cancellation)
    {
        if (!folder.Exists) throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {folder.Id} on this host");
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        var files = new SuspendFiles(folder);
        if (!files.Exist) await KeepAsync(folder, files, cancellation);
        // What is left of its process has nothing any more that is not kept.
        await life.KillAsync(folder, CancellationToken.None);
    }

    private async Task KeepAsync(MachineFolder folder, SuspendFiles files, CancellationToken cancellation)
    {
        var definition = OwnDisks.DefinitionOf(folder);
        if (MachineProcess.Search(folder) is null) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {folder.Id} does not run");
        SuspendRules.Check(definition);
        var status = await control.AskAsync(folder, "query-status", null, QemuControl.Limit, cancellation);
        var word = (string?)status?["status"] ?? "";
        if (word is "inmigrate" or "prelaunch" || File.Exists(folder.Unfinished))
            throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {folder.Id} is being given its memory");
        var runs = (bool?)status?["running"] == true || files.OweRun;
        if (runs) files.Begin();
        try
        {
            // QEMU gives its memory once; to give it again, after a call that broke off, it must have run in between.
            await LiveChain.EndJobsAsync(folder, control, clock, cancellation);
            if (word == "postmigrate") await control.RunAsync(folder, cancellation, "cont");
            await control.RunAsync(folder, cancellation, "stop");
            var agent = await HasAgentAsync(folder, cancellation);
            var resumption = MachineProcess.Resumption(folder, await MemoryState.TypeAsync(folder, control, cancellation));
            await MemoryState.SaveAsync(folder, files.State, sync: true, ignoreShared: false, control, clock, cancellation);
            cancellation.ThrowIfCancellationRequested();
            files.Write(new SuspendRecord(definition, resumption, clock.GetUtcNow(), agent));
        }
        catch
        {
            await RunOnAsync(folder, files, runs);
            throw;
        }
    }

    /// <summary>Whether a program in the guest has the agent's port open (query-chardev): a guest without one need not be waited for.</summary>
    private async Task<bool> HasAgentAsync(MachineFolder folder, CancellationToken cancellation) =>
        (await control.AskAsync(folder, "query-chardev", null, QemuControl.Limit, cancellation))!.AsArray()
            .Any(c => (string?)c?["label"] == "agent" && (bool?)c["frontend-open"] == true);

    /// <summary>Nothing was kept. Continued in any case: a QEMU whose memory has been taken gives its disks up until then.</summary>
    private async Task RunOnAsync(MachineFolder folder, SuspendFiles files, bool runs)
    {
        try
        {
            files.Withdraw();
            await control.RunAsync(folder, CancellationToken.None, runs ? ["cont"] : ["cont", "stop"]);
            files.Remove();
        }
        catch (Exception e) when (e is HypervisorException or IOException)
        {
            // Its own failure is the one to be told. What still stands still, the next start lets run.
        }
    }

    /// <summary>Lets a suspended machine go on. The caller holds its lock.</summary>
    /// <param name="definition">What is wanted; only its forwards, and what it may reach and use, may be others than they were.</param>
    /// <param name="folder">The machine, which is suspended.</param>
    /// <param name="cancellation">Leaves it suspended.</param>
    /// <exception cref="HypervisorException">It is suspended as before.</exception>
    /// <returns>Whether its guest has an agent.</returns>
    internal async Task<bool> GoOnAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        var files = new SuspendFiles(folder);
        var record = files.Read();
        SuspendRules.CheckFits(record.Definition, definition);
        if (!File.Exists(files.State))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {folder.Id} is suspended, and its memory {files.State} is gone; stop it before it is started anew");
        await HostDisk.AnswerForAsync(() => TakeInAsync(record, definition, folder, files, cancellation));
        return record.Agent;
    }

    private async Task TakeInAsync(SuspendRecord record, MachineDefinition definition, MachineFolder folder, SuspendFiles files, CancellationToken cancellation)
    {
        // One that was left by a call that broke off: it has not run since the state was kept.
        await life.KillAsync(folder, cancellation);
        await snapshots.RecoverAsync(folder, cancellation);
        try
        {
            await life.ResumeAsync(record.Definition.Sharing(definition), folder, record.Resumed, null, cancellation);
            await MemoryState.LoadAsync(folder, files.State, control, clock, cancellation);
            cancellation.ThrowIfCancellationRequested();
            await LetRunAsync(folder, files);
        }
        catch when (files.Exist)
        {
            await life.KillAsync(folder, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Not to be cancelled: from its first step on the state is not taken in again.</summary>
    private async Task LetRunAsync(MachineFolder folder, SuspendFiles files)
    {
        files.Take();
        try
        {
            await control.RunAsync(folder, CancellationToken.None, "cont");
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            // QEMU says no before anything has run: a disk is held by another, say.
            files.GiveBack();
            throw;
        }

        files.Remove();
    }

    /// <summary>For a process that is there: lets it run if a call that broke off left it standing. The caller holds the machine's lock.</summary>
    internal async Task SettleAsync(MachineFolder folder, CancellationToken cancellation)
    {
        var files = new SuspendFiles(folder);
        if (!files.OweRun) return;
        await control.RunAsync(folder, cancellation, "cont");
        files.Remove();
    }

    /// <summary>For a machine without a process that is not suspended: removes what is left of a suspension. The caller holds its lock.</summary>
    /// <exception cref="HypervisorException">Rejected, once, when its process took the state and was not seen to run on: a boot is not what was asked for.</exception>
    internal static void Clear(MachineFolder folder)
    {
        var files = new SuspendFiles(folder);
        var lost = files.WasTaken;
        files.Remove();
        if (lost)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {folder.Id} ended when it was to go on from its suspension, and its memory with it; the next start boots it");
    }
}
