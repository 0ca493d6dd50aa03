using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines.Workflows;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Quotas;

namespace Warren.Server.Machines;

/// <summary>
/// What can be asked of a machine that exists. Each command changes the row and enqueues the operation; it saves both in
/// one transaction.
/// </summary>
internal sealed partial class MachineCommands(
    WarrenDb db, OperationQueue queue, HostAdmission admission, QuotaCheck quotas, HostViews views, PortAllocator ports, MachineOptions options, TimeProvider clock)
{
    /// <summary>Switches it on; a suspended one goes on where it stood. A machine that is on already: an operation that finds so.</summary>
    public Task<OperationRow> StartAsync(MachineRow machine, CancellationToken cancellation, string? why = null) => db.TransactAsync(async () =>
    {
        // Before anything is looked at: a clone must not begin to copy its disks meanwhile.
        await admission.LockAsync(machine.Host, cancellation);
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "started", MachineState.Stopped, MachineState.Failed, MachineState.Running, MachineState.Suspended);
        if (machine is { ImageId: null, WithoutImage: false }) throw new RefusedException(Problems.IllegalState("The machine was never made; delete it and launch it again."));
        if (machine.State != MachineState.Running) await quotas.DemandAsync(machine.OwnerId, machine.ProjectId, new QuotaUse { RunningMachines = 1 }, cancellation, machine.Id);
        await admission.DemandRoomAsync(machine.Host, machine.Id, machine.MemoryMib, cancellation);
        var plan = new StartMachine.Plan(machine.State == MachineState.Running, machine.State == MachineState.Failed, machine.Problem, machine.State == MachineState.Suspended, why);
        machine.Wanted = WantedPower.On;
        machine.Problem = null;
        if (!plan.WasOn) machine.MoveTo(MachineState.Starting);
        var operation = queue.Enqueue(StartMachine.Name, "machine", machine.Id, machine.Name, machine, plan);
        if (plan.WasSuspended) operation.Deadline += StartMachine.MemoryTakes;
        return await SaveAsync(operation, cancellation, why);
    }, cancellation);

    /// <summary>Switches it off: asks the guest, waits for the grace period, then pulls the plug. The memory of a suspended one is thrown away.</summary>
    public Task<OperationRow> StopAsync(MachineRow machine, StopRequest request, CancellationToken cancellation, (EndCause Cause, string Why)? itself = null) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "stopped", MachineState.Running, MachineState.Paused, MachineState.Suspended, MachineState.Stopped, MachineState.Unknown, MachineState.Failed);
        machine.Wanted = WantedPower.Off;
        if (machine.State is MachineState.Running or MachineState.Paused or MachineState.Unknown) machine.MoveTo(MachineState.Stopping);
        var plan = Plan(request) with { Cause = itself?.Cause, Why = itself?.Why };
        return await SaveAsync(queue.Enqueue(StopMachine.Name, "machine", machine.Id, machine.Name, machine, plan), cancellation, plan.Why);
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
    public Task<OperationRow> DeleteAsync(MachineRow machine, CancellationToken cancellation, string? why = null) => db.TransactAsync(async () =>
    {
        if (await queue.LiveAsync(machine.Id, cancellation) is { Kind: DeleteMachine.Name } running) return running;
        await DemandNotCopiedAsync(machine, cancellation);
        await queue.SupersedeAsync(machine.Id, "The machine's deletion", cancellation);
        if (machine.PoolId is not null) await LeaseCommands.EndAsync(db, machine, clock.GetUtcNow(), cancellation);
        machine.Wanted = WantedPower.Off;
        machine.MoveTo(MachineState.Deleting);
        return await SaveAsync(queue.Enqueue(DeleteMachine.Name, "machine", machine.Id, machine.Name, machine, new DeleteMachine.Plan(why)), cancellation, why);
    }, cancellation);

    /// <summary>Changes memory, CPUs and disk of a stopped machine.</summary>
    public Task<OperationRow> ResizeAsync(MachineRow machine, EditMachineRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "resized", MachineState.Stopped);
        var plan = new ResizeMachine.Plan(machine.MemoryMib, machine.Cpus, machine.DiskGib);
        await quotas.DemandAsync(machine.OwnerId, machine.ProjectId, Growth(machine, request), cancellation);
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

    /// <summary>What a resize adds; what it gives back is nobody's to refuse.</summary>
    private static QuotaUse Growth(MachineRow machine, EditMachineRequest request) => new()
    {
        Cpus = Math.Max(0, (request.Cpus ?? machine.Cpus) - machine.Cpus),
        MemoryMiB = Math.Max(0, (request.MemoryMiB ?? machine.MemoryMib) - machine.MemoryMib),
        DiskGiB = Math.Max(0, (request.DiskGiB ?? machine.DiskGib) - machine.DiskGib),
    };

    private StopMachine.Plan Plan(StopRequest request)
    {
        if (request.GraceSeconds is < 0 or > 3600) throw new RefusedException(Problems.Validation("graceSeconds", "0 to 3600"));
        var grace = request.Force ? 0 : request.GraceSeconds ?? options.StopGraceSeconds;
        return new StopMachine.Plan(clock.GetUtcNow().AddSeconds(grace), Ask: grace > 0);
    }

    /// <summary>Nothing is under way on it, and nothing is being made of it.</summary>
    /// <exception cref="RefusedException">Something is.</exception>
    public async Task DemandIdleAsync(MachineRow machine, CancellationToken cancellation)
    {
        if (await queue.LiveAsync(machine.Id, cancellation) is { } live)
            throw new RefusedException(Problems.Conflict($"{live.Kind} is under way on '{machine.Name}' (operation {live.Id}). Wait for it, cancel it, or delete the machine."));
        await DemandNotCopiedAsync(machine, cancellation);
    }

    /// <summary>Its disks must hold still while another machine, or a golden image, is made of them; and who makes it has the last word on it.</summary>
    private async Task DemandNotCopiedAsync(MachineRow machine, CancellationToken cancellation)
    {
        if (await db.Machines.Where(m => (m.CloneOf == machine.Id || m.ForkOf == machine.Id) && m.State == MachineState.Creating).Select(m => m.Name).FirstOrDefaultAsync(cancellation) is { } copy)
            throw new RefusedException(Problems.Conflict($"'{machine.Name}' is being copied into '{copy}'. Wait for that, or {(await queue.LiveAsync(machine.Id, cancellation) is { } fork ? $"cancel operation {fork.Id}" : $"delete '{copy}'")}."));
        if (machine is { ForkOf: { } parent, State: MachineState.Creating } && await queue.LiveAsync(parent, cancellation) is { Kind: ForkMachine.Name } forking)
            throw new RefusedException(Problems.Conflict($"'{machine.Name}' is being made by {forking.Kind} (operation {forking.Id}). Wait for that, or cancel it."));
        if (await db.GoldenImages.Where(g => g.MachineId == machine.Id && (g.State == GoldenImageState.Building || g.State == GoldenImageState.Preparing)
                && db.Operations.Any(o => o.SubjectId == g.Id && o.Live)).FirstOrDefaultAsync(cancellation) is { } golden)
            throw new RefusedException(Problems.Conflict($"The golden image '{golden.Reference}' is being made of '{machine.Name}'. Wait for that, or cancel its operation."));
    }

    private static void Demand(MachineRow machine, string verb, params MachineState[] states)
    {
        if (!states.Contains(machine.State))
            throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is {machine.State.ToString().ToLowerInvariant()} and cannot be {verb}."));
    }

    private async Task<OperationRow> SaveAsync(OperationRow operation, CancellationToken cancellation, string? why = null)
    {
        operation.Message = why ?? operation.Message;
        await db.SaveChangesAsync(cancellation);
        return operation;
    }
}
