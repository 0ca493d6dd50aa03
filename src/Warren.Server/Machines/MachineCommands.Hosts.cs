using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>What depends on what a machine's host can do.</summary>
internal sealed partial class MachineCommands
{
    /// <summary>Halts its CPUs.</summary>
    public Task<OperationRow> PauseAsync(MachineRow machine, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "paused", MachineState.Running, MachineState.Paused);
        await DemandCapabilityAsync(machine.Host, "power", "pause machines", cancellation);
        return await SaveAsync(queue.Enqueue(PauseMachine.Name, "machine", machine.Id, machine.Name, machine), cancellation);
    }, cancellation);

    /// <summary>Lets its CPUs run again. A suspended machine is started: it goes on where it stood.</summary>
    public Task<OperationRow> ResumeAsync(MachineRow machine, CancellationToken cancellation) => machine.State == MachineState.Suspended ? StartAsync(machine, cancellation) : db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "resumed", MachineState.Paused, MachineState.Running);
        await DemandCapabilityAsync(machine.Host, "power", "pause machines", cancellation);
        return await SaveAsync(queue.Enqueue(ResumeMachine.Name, "machine", machine.Id, machine.Name, machine), cancellation);
    }, cancellation);

    /// <summary>Writes its memory to disk and ends it. Its room on the host is others' then; a start asks for room again.</summary>
    public Task<OperationRow> SuspendAsync(MachineRow machine, CancellationToken cancellation, (EndCause Cause, string Why)? itself = null) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "suspended", MachineState.Running, MachineState.Paused, MachineState.Suspended);
        await DemandCapabilityAsync(machine.Host, "suspend", "suspend machines", cancellation);
        return await SaveAsync(queue.Enqueue(SuspendMachine.Name, "machine", machine.Id, machine.Name, machine, new SuspendMachine.Plan(machine.State == MachineState.Running, itself?.Cause)), cancellation, itself?.Why);
    }, cancellation);

    /// <summary>Makes it start with its host, or not.</summary>
    public Task<OperationRow> SetAutostartAsync(MachineRow machine, bool on, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "set to start with its host", MachineState.Running, MachineState.Paused, MachineState.Stopped, MachineState.Suspended);
        await DemandCapabilityAsync(machine.Host, "autostart", "start machines by itself", cancellation);
        return await SaveAsync(queue.Enqueue(SetAutostart.Name, "machine", machine.Id, machine.Name, machine, new SetAutostart.Plan(on)), cancellation);
    }, cancellation);

    /// <summary>Moves it to another host while it runs. The room there, and the ports, are its own from now on.</summary>
    public Task<OperationRow> MigrateAsync(MachineRow machine, string to, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "moved", MachineState.Running);
        if (to == machine.Host) throw new RefusedException(Problems.Validation("host", $"'{machine.Name}' is on '{to}' already"));
        await DemandCapabilityAsync(machine.Host, "migration", "move machines", cancellation);
        var target = await admission.LockAsync(to, cancellation);
        var from = await db.Hosts.AsNoTracking().SingleAsync(h => h.Name == machine.Host, cancellation);
        if (target.Hypervisor != from.Hypervisor)
            throw new RefusedException(Problems.Unsupported($"'{to}' is a {target.Hypervisor} host and '{from.Name}' a {from.Hypervisor} host; machines move between hosts of one kind."));
        await DemandPlaceAsync(target, cancellation);
        if (machine.Devices.DataDisks.Any(d => d.Path is not null))
            throw new RefusedException(Problems.Unsupported("A machine whose data disk is a file of its host cannot be moved."));
        await admission.DemandRoomAsync(to, machine.Id, machine.MemoryMib, cancellation);
        var forwards = await db.PortForwards.AsNoTracking().Where(f => f.MachineId == machine.Id && f.Host == machine.Host).OrderBy(f => f.Id).ToListAsync(cancellation);
        await ports.AllocateAsync(to, machine.Id, [.. forwards.Select(f => new ForwardRequest { Protocol = f.Protocol, GuestPort = f.GuestPort })], cancellation);
        machine.MovingTo = to;
        return await SaveAsync(queue.Enqueue(MigrateMachine.Name, "machine", machine.Id, machine.Name, machine, new MigrateMachine.Route(machine.Host, to)), cancellation);
    }, cancellation);

    /// <summary>Makes a new machine on the same host from the disks of a stopped one; it belongs to who clones it.</summary>
    public Task<OperationRow> CloneAsync(MachineRow source, CloneRequest request, string owner, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        var name = request.Name ?? MachineNames.New();
        if (!Names.IsHostLabel(name)) throw new RefusedException(Problems.Validation("name", Names.HostLabelRule));
        // Before anything is looked at: the source must not be started meanwhile.
        var host = await admission.LockAsync(source.Host, cancellation);
        await db.Entry(source).ReloadAsync(cancellation);
        await DemandIdleAsync(source, cancellation);
        Demand(source, "cloned", MachineState.Stopped);
        if (source is { ImageId: null, WithoutImage: false }) throw new RefusedException(Problems.IllegalState("The machine was never made; there is nothing to clone."));
        await DemandCapabilityAsync(source.Host, "clones", "clone machines", cancellation);
        if (source.Devices.DataDisks.Any(d => d.Path is not null))
            throw new RefusedException(Problems.Unsupported("A machine whose data disk is a file of its host cannot be cloned: two machines must not write to one file."));
        if (await db.Machines.AnyAsync(m => m.ProjectId == source.ProjectId && m.Name == name, cancellation)) throw new RefusedException(Problems.NameTaken(name));
        await quotas.DemandAsync(owner, source.ProjectId, QuotaCount.Of(source, request.Start), cancellation);
        await DemandPlaceAsync(host, cancellation);
        var machine = CopyOf(source, name, owner, request.Start);
        if (request.Start) await admission.DemandRoomAsync(source.Host, machine.Id, machine.MemoryMib, cancellation);
        else if (HostAdmission.Unusable(host) is { } why) throw new RefusedException(Problems.Unavailable($"Host '{host.Name}' {why}."));
        var forwards = await db.PortForwards.AsNoTracking().Where(f => f.MachineId == source.Id && f.Host == source.Host).OrderBy(f => f.Id).ToListAsync(cancellation);
        await ports.AllocateAsync(source.Host, machine.Id, [.. forwards.Select(f => new ForwardRequest { Protocol = f.Protocol, GuestPort = f.GuestPort })], cancellation);
        db.Machines.Add(machine);
        return await SaveAsync(queue.Enqueue(CloneMachine.Name, "machine", machine.Id, machine.Name, machine, new CloneMachine.Plan(request.Full)), cancellation);
    }, cancellation);

    /// <summary>Takes a foreign machine of a host into our care: its row first, so that a mark without a row cannot be left behind.</summary>
    /// <param name="host">Where it is.</param>
    /// <param name="nativeName">Its name there.</param>
    /// <param name="known">The id that it is marked with already, by an adoption that was broken off, say; null when it is foreign.</param>
    /// <param name="name">Its name here.</param>
    /// <param name="owner">Whose it will be.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<OperationRow> AdoptAsync(string host, string nativeName, string? known, string name, IOwned owner, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        if (known is not null && (await db.Machines.AnyAsync(m => m.Id == known, cancellation) || await db.GoldenImages.AnyAsync(g => g.Id == known, cancellation))) throw new RefusedException(Problems.Conflict($"'{nativeName}' is Warren's already."));
        if (!Names.IsHostLabel(name)) throw new RefusedException(Problems.Validation("name", Names.HostLabelRule));
        if (await db.Machines.AnyAsync(m => m.ProjectId == owner.ProjectId && m.Name == name, cancellation)) throw new RefusedException(Problems.NameTaken(name));
        var locked = await admission.LockAsync(host, cancellation);
        // What it has is known when it is ours.
        await quotas.DemandAsync(owner.OwnerId, owner.ProjectId, new QuotaUse { Machines = 1 }, cancellation);
        // What its driver can never do is said first: waiting for the host would not help.
        await DemandCapabilityAsync(host, "adoption", "have machines adopted", cancellation);
        if (HostAdmission.Unusable(locked) is { } why) throw new RefusedException(Problems.Unavailable($"Host '{host}' {why}."));
        var machine = new MachineRow
        {
            Id = known ?? Ids.New(clock),
            Name = name,
            OwnerId = owner.OwnerId,
            ProjectId = owner.ProjectId,
            Host = host,
            ImageName = "",
            WithoutImage = true,
            DevicesJson = JsonSerializer.Serialize(new MachineDevices(), WarrenJson.Options),
            MacAddress = MacAddresses.New(),
            PublicKeysJson = "[]",
            SeedGeneration = 1,
            ReadinessJson = "{}",
            CreatedAt = clock.GetUtcNow(),
            Placement = new Placement { Host = host, Why = $"It was there as '{nativeName}' and was adopted." },
        };
        db.Machines.Add(machine);
        return await SaveAsync(queue.Enqueue(AdoptMachine.Name, "machine", machine.Id, machine.Name, machine, new AdoptMachine.Plan(nativeName)), cancellation);
    }, cancellation);

    private MachineRow CopyOf(MachineRow source, string name, string owner, bool start) => new()
    {
        Id = Ids.New(clock),
        Name = name,
        OwnerId = owner,
        ProjectId = source.ProjectId,
        Host = source.Host,
        ImageName = source.ImageName,
        ImageId = source.ImageId,
        WithoutImage = source.WithoutImage,
        CloneOf = source.Id,
        GoldenImageId = source.GoldenImageId,
        MemoryMib = source.MemoryMib,
        Cpus = source.Cpus,
        DiskGib = source.DiskGib,
        DevicesJson = source.DevicesJson,
        MacAddress = MacAddresses.New(),
        PublicKeysJson = source.PublicKeysJson,
        UserData = source.UserData,
        SeedGeneration = 1,
        Wanted = start ? WantedPower.On : WantedPower.Off,
        ReadinessJson = "{}",
        CreatedAt = clock.GetUtcNow(),
        Placement = new Placement { Host = source.Host, Why = $"It is a clone of '{source.Name}', whose disks are there." },
    };

    /// <summary>That it takes another machine at all; memory is the admission's to say. The row is locked.</summary>
    private async Task DemandPlaceAsync(HostRow host, CancellationToken cancellation, int count = 1)
    {
        if (host.Draining) throw new RefusedException(Problems.Unavailable($"Host '{host.Name}' is draining and takes no new machines."));
        if (host.MachineLimit is { } most && await db.Machines.CountAsync(m => m.Host == host.Name || m.MovingTo == host.Name, cancellation) is var there && there + count > most)
            throw new RefusedException(Problems.Unavailable($"Host '{host.Name}' has {there} machines and takes no more than {most}."));
    }

    private Task DemandCapabilityAsync(string host, string capability, string what, CancellationToken cancellation) => views.DemandAsync(db, host, capability, what, cancellation);
}
