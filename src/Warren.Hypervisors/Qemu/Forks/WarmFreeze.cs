using Microsoft.Win32.SafeHandles;
using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Snapshots;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>
/// Makes a warm image of a running machine. Its memory is copied while it runs; it stands still for what has changed since, and for the
/// state of its devices. The caller holds the machine's lock.
/// </summary>
internal sealed class WarmFreeze(Layers layers, QemuLife life, QemuSnapshots snapshots, QemuControl control, TimeProvider clock)
{
    /// <summary>QEMU's user network has its own hosts at 10.0.2.2 and 10.0.2.3; the guest's range begins at 15, less one for each lease that came with the state.</summary>
    private const int MostLeases = QemuArguments.GuestAddress - 4;

    private const string Stream = "stream";

    /// <summary>Threads for the memory of a machine that stands still, and so leaves its CPUs. While it runs one copies: the QEMU of a fork is spawned beside.</summary>
    private const int AtOnce = 4;

    /// <param name="machine">The machine.</param>
    /// <param name="warm">Where the image will be.</param>
    /// <param name="sync">It is to outlive a loss of power.</param>
    /// <param name="meanwhile">What is done beside the freezing, given the image as far as it is there, what its record will be, and when memory and state are there too, or never will be.</param>
    /// <param name="cancellation">Ends it; the machine runs on.</param>
    internal async Task RunAsync(MachineFolder machine, WarmFolder warm, bool sync, Func<WarmFolder, WarmRecord, Task<bool>, Task> meanwhile, CancellationToken cancellation)
    {
        var definition = OwnDisks.DefinitionOf(machine);
        SuspendFiles.Refuse(machine, "forked");
        if (MachineProcess.Search(machine) is not { } pid)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machine.Id} does not run: there is nothing to fork");
        var names = OwnDisks.Of(definition, machine);
        var leases = MachineProcess.Leases(machine);
        if (leases == MostLeases)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machine.Id} is a fork of a fork, {leases} deep: restart it before it is forked again");
        await snapshots.RecoverAsync(machine, running: true, cancellation);
        await snapshots.Chain(machine).ShortenInPassingAsync(names, cancellation);
        var resumption = MachineProcess.Resumption(machine, await MemoryState.TypeAsync(machine, control, cancellation));
        var record = new WarmRecord(definition, resumption with { Leases = leases + 1 }, names, Guid.NewGuid());
        var fresh = warm.Begin();
        try
        {
            using var memory = SharedMemory.Of(pid);
            if (File.Exists(machine.Seed)) File.Copy(machine.Seed, fresh.Seed);
            await FreezeAsync(machine, record, memory, fresh, meanwhile, cancellation);
            if (memory is null) await ConvertAsync(record, fresh, resumption, cancellation);
            if (sync) await Task.Run(() => FolderSync.Deep(fresh.Path), cancellation);
            PrivateFile.Write(fresh.Record, record, sync);
            warm.Finish(fresh);
        }
        catch
        {
            Directory.Delete(fresh.Path, recursive: true);
            using (await layers.LockAsync(CancellationToken.None)) layers.Clear();
            throw;
        }
    }

    private async Task FreezeAsync(
        MachineFolder machine, WarmRecord record, SafeFileHandle? memory, WarmFolder fresh, Func<WarmFolder, WarmRecord, Task<bool>, Task> meanwhile, CancellationToken cancellation)
    {
        var isWhole = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (first, beside, unmapped) = (Task.CompletedTask, Task.CompletedTask, Task.CompletedTask);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var copy = memory is null ? null : MemoryCopy.Begin(memory, fresh.Memory);
        try
        {
            // What takes time and can be done before comes before: the machine stands still for the rest.
            if (copy is not null) first = Task.Run(() => copy.Pass(1, end.Token), CancellationToken.None);
            var prepared = await snapshots.PrepareAsync(machine, [.. record.Disks], fresh.In, cancellation);
            var isUefi = record.Definition.Firmware == Firmware.Uefi;
            // Not for one whose variables are still to come, nor for one whose memory comes another way.
            if (copy is not null && !isUefi) beside = meanwhile(fresh, record, isWhole.Task);
            var switchAsync = await snapshots.PlanAsync(machine, prepared, cancellation);
            using var listener = await MemoryState.ListenAsync(machine, ignoreShared: memory is not null, control, cancellation);
            await first;
            await Standstill.DuringAsync(machine, control, async () =>
            {
                var last = copy is null ? Task.CompletedTask : Task.Run(() => copy.Pass(AtOnce, cancellation), cancellation);
                // Whichever fails, both have ended then.
                await Task.WhenAll(last, SwitchAndSaveAsync());
                isWhole.SetResult(true);
                // Five milliseconds for each hundred MiB, for which nobody has to wait.
                if (copy is not null) unmapped = Task.Run(copy.Dispose, CancellationToken.None);
            }, cancellation);

            async Task SwitchAndSaveAsync()
            {
                // The disks first: a QEMU whose devices have been saved has given them up.
                await switchAsync(cancellation);
                if (isUefi) FileOwner.CopyItself(machine.FirmwareVariables, fresh.FirmwareVariables);
                await MemoryState.SaveAsync(machine, listener, memory is null ? fresh.In(Stream) : fresh.State, sync: false, control, clock, cancellation);
            }
        }
        finally
        {
            isWhole.TrySetResult(false);
            try
            {
                await snapshots.SettleAsync(machine);
            }
            finally
            {
                // What it says now is nothing new, or not what is to be told.
                await end.CancelAsync();
                await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await Task.WhenAll(beside, unmapped);
            }
        }
    }

    /// <summary>
    /// The memory of a fork is its own QEMU's alone. It came out as a whole stream, which another QEMU that never runs takes in
    /// to memory that we can read.
    /// </summary>
    private async Task ConvertAsync(WarmRecord record, WarmFolder fresh, Resumption resumed, CancellationToken cancellation)
    {
        var whole = fresh.In(Stream);
        var still = new MachineFolder(fresh.Path, "still");
        still.CheckSocketPaths();
        still.Make();
        fresh.CopyTo(still, record);
        try
        {
            await life.ResumeAsync(record.Definition with { Forwards = [] }, still, resumed, null, cancellation);
            await MemoryState.LoadAsync(still, whole, control, clock, cancellation);
            await MemoryState.SaveAsync(still, fresh.State, sync: false, ignoreShared: true, control, clock, cancellation);
            using var memory = SharedMemory.Of(MachineProcess.Search(still) ?? 0)
                ?? throw new HypervisorException(HypervisorErrorKind.Unsupported, "this host's kernel has no memory that could be shared (memfd_create)");
            using var copy = MemoryCopy.Begin(memory, fresh.Memory);
            await Task.Run(() => copy.Pass(AtOnce, cancellation), cancellation);
        }
        finally
        {
            await life.KillAsync(still, CancellationToken.None);
            control.Forget(still.Id);
        }

        Directory.Delete(still.Path, recursive: true);
        File.Delete(whole);
    }
}
