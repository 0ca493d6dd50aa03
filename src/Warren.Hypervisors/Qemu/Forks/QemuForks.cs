using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Guests.Renewal;
using Warren.Hypervisors.Qemu.Snapshots;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>
/// Forks as virtual machine templates are made (Kata Containers, docs/how-to/what-is-vm-templating): the memory of a machine as
/// a file that every fork maps privately, its devices as a migration stream without the memory, its disks as layers under
/// overlays. A fork pays for what it writes.
/// </summary>
internal sealed class QemuForks(
    string machinesFolder, Layers layers, QemuLife life, QemuSnapshots snapshots, QemuControl control, GuestAgent agent, AgentGuest guest, TimeProvider clock) : IForks
{
    private readonly ForksAhead _ahead = new(machinesFolder, life, control, agent, clock);
    private readonly WarmFreeze _freeze = new(layers, life, snapshots, control, clock);

    /// <inheritdoc/>
    public Task FreezeAsync(string machineId, string warmImageId, IReadOnlyList<MachineDefinition>? ahead, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => MakeWarmAsync(machineId, warmImageId, ahead, cancellation));

    /// <inheritdoc/>
    public Task ForkAsync(string warmImageId, MachineDefinition definition, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => MakeForkAsync(warmImageId, definition, cancellation));

    private async Task MakeWarmAsync(string machineId, string warmImageId, IReadOnlyList<MachineDefinition>? ahead, CancellationToken cancellation)
    {
        var warm = WarmFolder.Of(machinesFolder, warmImageId);
        var machine = new MachineFolder(machinesFolder, machineId);
        if (!machine.Exists) throw NotFound($"there is no machine {machineId} on this host");
        ExceptionDispatchInfo failure;
        using (await MachineLock.TakeAsync(machine, clock, cancellation))
        {
            if (warm.Exists) return;
            try
            {
                await _freeze.RunAsync(machine, warm, sync: ahead is null, (fresh, record, isWhole) => _ahead.MakeAsync(fresh, record, ahead ?? [], isWhole, cancellation), cancellation);
                return;
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }

        // Without the parent's lock: a fork's may be the same.
        await _ahead.ForgetAsync(ahead ?? []);
        failure.Throw();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>(
        [.. WarmFolder.Folders(machinesFolder).Select(f => Path.GetFileName(f)).Where(id => DefinitionRules.IsId(id) && WarmFolder.Of(machinesFolder, id).Exists).Order(StringComparer.Ordinal)]);

    private async Task MakeForkAsync(string warmImageId, MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        var warm = WarmFolder.Of(machinesFolder, warmImageId);
        var fork = new MachineFolder(machinesFolder, definition.Id);
        fork.CheckSocketPaths();
        using var _ = await MachineLock.TakeAsync(fork, clock, cancellation);
        SuspendFiles.Refuse(fork, "forked anew");
        var (record, isReady) = (PrivateFile.Read<WarmRecord>(warm.Record), false);
        if (MachineProcess.Search(fork) is not null)
        {
            if (!File.Exists(fork.Unfinished)) return;
            isReady = record is not null && ForksAhead.Take(fork, record);
            // It was given up between its spawn and its first step: half of it may be there.
            if (!isReady) await life.KillAsync(fork, cancellation);
        }

        if (record is null) throw NotFound($"there is no warm image {warmImageId} on this host");
        CheckFits(record, definition);
        try
        {
            if (!isReady)
            {
                warm.LayTo(fork, record, definition);
                // Only now, that the fork names them, must the image's layers be there: one that goes from here on leaves them.
                if (!warm.Exists) throw NotFound("the warm image was deleted meanwhile");
                await _ahead.ResumeAsync(warm, record, fork, definition, cancellation);
                await _ahead.LoadAsync(warm, fork, cancellation);
            }

            // Its card has its parent's address until it is renewed.
            await control.RunAsync(fork, QemuControl.Limit, cancellation, IgnoreShared(false), Link(up: false), ("cont", null));
            File.Delete(fork.Unfinished);
        }
        catch
        {
            await life.KillAsync(fork, CancellationToken.None);
            fork.Remove();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task RenewAsync(MachineDefinition definition, ForkIdentity identity, CancellationToken cancellation)
    {
        var fork = new MachineFolder(machinesFolder, definition.Id);
        if (!fork.Exists) throw NotFound($"there is no machine {definition.Id} on this host");
        if (!File.Exists(fork.Twin)) return;
        await new GuestRenewal(guest, clock).RunAsync(definition, identity, cancellation);
        await control.RunAsync(fork, QemuControl.Limit, cancellation, Link(up: true));
        File.Delete(fork.Twin);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string warmImageId, CancellationToken cancellation)
    {
        using var turn = await layers.LockAsync(cancellation);
        WarmFolder.Of(machinesFolder, warmImageId).Remove();
        layers.Clear();
    }

    /// <summary>Tells a QEMU to leave shared memory out of its migration stream, or not to.</summary>
    internal static (string, JsonObject?) IgnoreShared(bool on) => ("migrate-set-capabilities",
        new JsonObject { ["capabilities"] = new JsonArray(new JsonObject { ["capability"] = "x-ignore-shared", ["state"] = on }) });

    private static (string, JsonObject?) Link(bool up) => ("set_link", new JsonObject { ["name"] = "net0", ["up"] = up });

    private static void CheckFits(WarmRecord record, MachineDefinition now)
    {
        if (now.Ephemeral) throw Rejected("a fork cannot be ephemeral: at its next start it would be its image again");
        if (DefinitionRules.Difference(record.Definition, now) is var (name, then, wanted))
            throw Rejected($"{name}: the warm image has {then}, and a fork of it cannot have {wanted}");
    }

    private static HypervisorException NotFound(string message) => new(HypervisorErrorKind.NotFound, message);

    private static HypervisorException Rejected(string message) => new(HypervisorErrorKind.Rejected, message);
}
