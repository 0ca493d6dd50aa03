using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines.Workflows;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines;

/// <summary>
/// What can be asked of a machine that exists. Each command changes the row and enqueues the operation; it saves both in
/// one transaction.
/// </summary>
internal sealed partial class MachineCommands(
    WarrenDb db, OperationQueue queue, HostAdmission admission, HostViews views, PortAllocator ports, MachineOptions options, TimeProvider clock)
{
    /// <summary>Switches it on. A machine that is on already: an operation that finds so.</summary>
    public Task<OperationRow> StartAsync(MachineRow machine, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        // Before anything is looked at: a clone must not begin to copy its disks meanwhile.
        await admission.LockAsync(machine.Host, cancellation);
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "started", MachineState.Stopped, MachineState.Failed, MachineState.Running, MachineState.Suspended);
        if (machine is { ImageId: null, WithoutImage: false }) throw new RefusedException(Problems.IllegalState("The machine was never made; delete it and launch it again."));
        await admission.DemandRoomAsync(machine.Host, machine.Id, machine.MemoryMib, cancellation);
        var plan = new StartMachine.Plan(machine.State == MachineState.Running, machine.State == MachineState.Failed, machine.Problem);
        machine.Wanted = WantedPower.On;
        machine.Problem = null;
        if (!plan.WasOn) machine.MoveTo(MachineState.Starting);
        return await SaveAsync(queue.Enqueue(StartMachine.Name, "machine", machine.Id, machine.Name, machine, plan), cancellation);
    }, cancellation);

    /// <summary>Switches it off: asks the guest, waits for the grace period, then pulls the plug.</summary>
    public Task<OperationRow> StopAsync(MachineRow machine, StopRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "stopped", MachineState.Running, MachineState.Paused, MachineState.Stopped, MachineState.Unknown, MachineState.Failed);
        machine.Wanted = WantedPower.Off;
        if (machine.State is MachineState.Running or MachineState.Paused or MachineState.Unknown) machine.MoveTo(MachineState.Stopping);
        return await SaveAsync(queue.Enqueue(StopMachine.Name, "machine", machine.Id, machine.Name, machine, Plan(request)), cancellation);
    }, cancellation);

    /// <summary>Stop and start.</summary>
    public Task<OperationRow> RestartAsync(MachineRow machine, StopRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "restarted", MachineState.Running, MachineState.Paused, MachineState.Unknown);
        machine.Wanted = WantedPower.On;
        machine.MoveTo(MachineState.Stopping);
        return await SaveAsync(queue.Enqueue(RestartMachine.Name, "machine", machine.Id, machine.Name, machine, Plan(request)), cancellation);
    }, cancellation);

    /// <summary>Removes it with everything it owns. Takes the place of whatever is under way.</summary>
    public Task<OperationRow> DeleteAsync(MachineRow machine, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        if (await queue.LiveAsync(machine.Id, cancellation) is { Kind: DeleteMachine.Name } running) return running;
        await DemandNotCopiedAsync(machine, cancellation);
        await queue.SupersedeAsync(machine.Id, "The machine's deletion", cancellation);
        machine.Wanted = WantedPower.Off;
        machine.MoveTo(MachineState.Deleting);
        return await SaveAsync(queue.Enqueue(DeleteMachine.Name, "machine", machine.Id, machine.Name, machine), cancellation);
    }, cancellation);

    /// <summary>Changes memory, CPUs and disk of a stopped machine.</summary>
    public Task<OperationRow> ResizeAsync(MachineRow machine, ResizeRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "resized", MachineState.Stopped);
        var plan = new ResizeMachine.Plan(machine.MemoryMib, machine.Cpus, machine.DiskGib);
        machine.MemoryMib = request.MemoryMiB ?? machine.MemoryMib;
        machine.Cpus = request.Cpus ?? machine.Cpus;
        machine.DiskGib = request.DiskGiB ?? machine.DiskGib;
        return await SaveAsync(queue.Enqueue(ResizeMachine.Name, "machine", machine.Id, machine.Name, machine, plan), cancellation);
    }, cancellation);

    /// <summary>Puts public keys into the guest: now by its agent when it runs, by a new seed on its next boot when it is off.</summary>
    public Task<OperationRow> InjectKeysAsync(MachineRow machine, IReadOnlyList<string> publicKeys, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "given keys", MachineState.Running, MachineState.Stopped);
        if (machine is { WithoutImage: true, State: MachineState.Stopped })
            throw new RefusedException(Problems.Unsupported($"'{machine.Name}' was adopted and has no seed; start it, and its agent may take keys."));
        var plan = new InjectKeys.Plan(publicKeys);
        return await SaveAsync(queue.Enqueue(InjectKeys.Name, "machine", machine.Id, machine.Name, machine, plan), cancellation);
    }, cancellation);

    private StopMachine.Plan Plan(StopRequest request)
    {
        if (request.GraceSeconds is < 0 or > 3600) throw new RefusedException(Problems.Validation("graceSeconds", "0 to 3600"));
        var grace = request.Force ? 0 : request.GraceSeconds ?? options.StopGraceSeconds;
        return new StopMachine.Plan(clock.GetUtcNow().AddSeconds(grace), Ask: grace > 0);
    }

    private async Task DemandIdleAsync(MachineRow machine, CancellationToken cancellation)
    {
        if (await queue.LiveAsync(machine.Id, cancellation) is { } live)
            throw new RefusedException(Problems.Conflict($"{live.Kind} is under way on '{machine.Name}' (operation {live.Id}). Wait for it, cancel it, or delete the machine."));
        await DemandNotCopiedAsync(machine, cancellation);
    }

    /// <summary>Its disks must hold still while another machine is made of them.</summary>
    private async Task DemandNotCopiedAsync(MachineRow machine, CancellationToken cancellation)
    {
        if (await db.Machines.Where(m => m.CloneOf == machine.Id && m.State == MachineState.Creating).Select(m => m.Name).FirstOrDefaultAsync(cancellation) is { } copy)
            throw new RefusedException(Problems.Conflict($"'{machine.Name}' is being copied into '{copy}'. Wait for that, or delete '{copy}'."));
    }

    private static void Demand(MachineRow machine, string verb, params MachineState[] states)
    {
        if (!states.Contains(machine.State))
            throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is {machine.State.ToString().ToLowerInvariant()} and cannot be {verb}."));
    }

    private async Task<OperationRow> SaveAsync(OperationRow operation, CancellationToken cancellation)
    {
        await db.SaveChangesAsync(cancellation);
        return operation;
    }
}
