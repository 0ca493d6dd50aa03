using Microsoft.Win32.SafeHandles;
using Warren.Hypervisors.Qemu.Snapshots;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>Makes a warm image of a running machine, which stands still meanwhile. The caller holds the machine's lock.</summary>
internal sealed class WarmFreeze(Layers layers, QemuLife life, QemuSnapshots snapshots, QemuControl control, TimeProvider clock)
{
    /// <summary>QEMU's user network has its own hosts at 10.0.2.2 and 10.0.2.3; the guest's range begins at 15, less one for each lease that came with the state.</summary>
    private const int MostLeases = QemuArguments.GuestAddress - 4;

    private const string Stream = "stream";

    /// <param name="machine">The machine.</param>
    /// <param name="warm">Where the image will be.</param>
    /// <param name="sync">It is to outlive a loss of power.</param>
    /// <param name="meanwhile">What is done beside the freezing, given the image as far as it is there and what its record will be.</param>
    /// <param name="cancellation">Ends it; the machine runs on.</param>
    internal async Task RunAsync(MachineFolder machine, WarmFolder warm, bool sync, Func<WarmFolder, WarmRecord, Task> meanwhile, CancellationToken cancellation)
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
        var type = await MemoryState.TypeAsync(machine, control, cancellation);
        var record = new WarmRecord(definition, new Resumption(type, leases + 1), names, Guid.NewGuid());
        var fresh = warm.Begin();
        try
        {
            using var memory = SharedMemory.Of(pid);
            if (File.Exists(machine.Seed)) File.Copy(machine.Seed, fresh.Seed);
            await FreezeAsync(machine, record, memory, fresh, meanwhile, cancellation);
            if (memory is null) await ConvertAsync(record, fresh, new Resumption(type, leases), cancellation);
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
        MachineFolder machine, WarmRecord record, SafeFileHandle? memory, WarmFolder fresh, Func<WarmFolder, WarmRecord, Task> meanwhile, CancellationToken cancellation)
    {
        var beside = Task.CompletedTask;
        try
        {
            // What takes time and can be done before comes before: the machine stands still for the rest.
            var prepared = await snapshots.PrepareAsync(machine, [.. record.Disks], fresh.In, cancellation);
            if (memory is not null) SharedMemory.Reserve(memory, fresh.Memory);
            var isUefi = record.Definition.Firmware == Firmware.Uefi;
            // Not for one whose variables are still to come, nor for one whose memory comes another way.
            if (memory is not null && !isUefi) beside = meanwhile(fresh, record);
            await Standstill.DuringAsync(machine, control, async () =>
            {
                // First: the disks are flushed by it, which takes half a second when it meets the writing of the memory.
                await snapshots.SwitchAsync(machine, prepared, cancellation);
                if (isUefi) File.Copy(machine.FirmwareVariables, fresh.FirmwareVariables);
                // Memory that we can read is copied beside the state of the devices; whichever fails, both have ended then.
                await Task.WhenAll(
                    MemoryState.SaveAsync(machine, memory is null ? fresh.In(Stream) : fresh.State, sync: false, ignoreShared: memory is not null, control, clock, cancellation),
                    memory is null ? Task.CompletedTask : Task.Run(() => SharedMemory.Copy(memory, fresh.Memory, cancellation), cancellation));
            }, cancellation);
        }
        finally
        {
            try
            {
                await snapshots.SettleAsync(machine);
            }
            finally
            {
                await beside;
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
            SharedMemory.Reserve(memory, fresh.Memory);
            await Task.Run(() => SharedMemory.Copy(memory, fresh.Memory, cancellation), cancellation);
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
