using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Pause and continue: <c>status/suspend</c> without its state to disk is QEMU's stop.</summary>
internal sealed class ProxmoxPower(ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder) : IPower
{
    /// <inheritdoc/>
    public async Task PauseAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var (machine, power) = await finder.RequireRunningAsync(machineId, cancellation);
        if (power == ObservedPower.Paused) return;
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmpause"],
            () => client.ChangeAsync(HttpMethod.Post, machine.Path("status", "suspend"), null, cancellation), null, cancellation);
    }

    /// <inheritdoc/>
    public async Task ResumeAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var (machine, power) = await finder.RequireRunningAsync(machineId, cancellation);
        if (power != ObservedPower.Paused) return;
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmresume"],
            () => client.ChangeAsync(HttpMethod.Post, machine.Path("status", "resume"), null, cancellation), null, cancellation);
    }
}

/// <summary>Suspend to disk: the state is a volume of the machine's own, and its lock says so.</summary>
internal sealed class ProxmoxSuspend(ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, ProxmoxOptions options) : ISuspend
{
    /// <inheritdoc/>
    public async Task SuspendAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(options.Place, machineId, cancellation);
        var (machine, status) = await finder.RequireStatusAsync(machineId, cancellation);
        var power = PowerWords.Read(status);
        if (power == ObservedPower.Suspended) return;
        if (power == ObservedPower.Off) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} does not run");
        if ((await finder.ConfigAsync(machine, cancellation)).Text(MachineParameters.SystemSlot)?.Contains("snapshot=1", StringComparison.Ordinal) == true)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "an ephemeral machine cannot be suspended: its disks are kept nowhere");
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmsuspend"], () => client.ChangeAsync(HttpMethod.Post, machine.Path("status", "suspend"),
            new Form().With("todisk", true), cancellation), null, cancellation);
    }
}

/// <summary>Memory, processors and disk of a stopped machine.</summary>
internal sealed class ProxmoxResize(ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, MachineMaker maker, ProxmoxOptions options) : IResize
{
    /// <inheritdoc/>
    public async Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        MachineParameters.Check(definition);
        using var turn = await Gates.EnterAsync(options.Place, definition.Id, cancellation);
        var (machine, status) = await finder.RequireStatusAsync(definition.Id, cancellation);
        Rules.InsistOnOff(definition.Id, PowerWords.Read(status), "resized");
        var config = await finder.ConfigAsync(machine, cancellation);
        Rules.InsistOnRoom(config, definition);
        await maker.GrowAsync(machine, config, definition, cancellation);
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmconfig"], () => client.ChangeAsync(HttpMethod.Post, machine.Path("config"),
            MachineParameters.Resources(new Form(), definition), cancellation), null, cancellation);
    }
}

/// <summary>Start with the node, by the server itself.</summary>
internal sealed class ProxmoxAutostart(ProxmoxClient client, MachineFinder finder) : IAutostart
{
    /// <inheritdoc/>
    public async Task<bool> GetAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return (await finder.ConfigAsync(await finder.RequireAsync(machineId, cancellation), cancellation)).OnBoot;
    }

    /// <inheritdoc/>
    public async Task SetAsync(string machineId, bool on, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await finder.RequireAsync(machineId, cancellation);
        await client.ChangeAsync(HttpMethod.Put, machine.Path("config"), new Form().With("onboot", on), cancellation);
    }
}

/// <summary>New machines from the disks of a stopped one: full copies, because only templates can be shared.</summary>
internal sealed class ProxmoxClones(MachineFinder finder, MachineMaker maker, ProxmoxOptions options) : IClones
{
    /// <inheritdoc/>
    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(sourceId);
        MachineParameters.Check(definition);
        using var turn = await Gates.EnterAsync(options.Place, definition.Id, cancellation);
        var (source, status) = await finder.RequireStatusAsync(sourceId, cancellation);
        if (await finder.FindAsync(definition.Id, cancellation) is null or { Building: true })
        {
            Rules.InsistOnOff(sourceId, PowerWords.Read(status), "cloned");
            Rules.InsistOnRoom(await finder.ConfigAsync(source, cancellation), definition);
            await maker.MakeAsync(definition, source, linked: false, progress, cancellation);
        }

        progress.Report(1);
    }
}

/// <summary>Takes foreign machines into our care by adding our tag to theirs.</summary>
internal sealed class ProxmoxAdoption(ProxmoxClient client, MachineFinder finder) : IAdoption
{
    /// <inheritdoc/>
    public async Task<AdoptedMachine> AdoptAsync(string nativeName, string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = (await finder.AllAsync(cancellation)).FirstOrDefault(m => m.NativeName == nativeName && !m.Template)
            ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {nativeName} on this host");
        if (machine.Id is { } other && other != machineId)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {nativeName} is ours already, as {other}");
        var config = await finder.ConfigAsync(machine, cancellation);
        if (machine.Id is null)
        {
            await client.ChangeAsync(HttpMethod.Put, machine.Path("config"),
                new Form().With("tags", MachineMarks.Join(config.Tags, machineId, machine.Vmid)), cancellation);
        }

        var status = await finder.StatusAsync(machine, cancellation) ?? throw MachineFinder.NotFound(machineId);
        return new AdoptedMachine(config.MemoryMiB, config.Cpus, (int)(((config.FirstDiskBytes ?? 0) + (1L << 30) - 1) >> 30), config.MacAddress, PowerWords.Read(status));
    }
}

/// <summary>What several verbs insist on.</summary>
internal static class Rules
{
    internal static void InsistOnOff(string id, ObservedPower power, string verb)
    {
        if (power == ObservedPower.Suspended) throw SuspendRules.Refusal(id, verb);
        if (power != ObservedPower.Off) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {id} runs; stop it before it is {verb}");
    }

    internal static void InsistOnRoom(MachineConfig config, MachineDefinition definition)
    {
        var has = (int)((config.FirstDiskBytes ?? 0) >> 30);
        if (definition.DiskGiB < has) throw new HypervisorException(HypervisorErrorKind.Rejected, $"diskGiB cannot shrink: the disk has {has} GiB");
    }
}
