using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Probe;
using Warren.Hypervisors.Qemu;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Creation and start. Callers hold the gate of the machine.</summary>
internal sealed class MachineStart(LibvirtOptions options, HostLine line, MachineVolumes volumes, AcceleratorTrial accelerator)
{
    /// <summary>Refuses what this host cannot be asked for.</summary>
    internal void Check(MachineDefinition definition)
    {
        CheckRules(definition);
        volumes.Check(definition);
    }

    /// <summary>The same without its files: an adopted machine has its own.</summary>
    internal static void CheckRules(MachineDefinition definition)
    {
        DefinitionRules.Check(definition, LibvirtKind.Kind);
        _ = PciAddress.List(definition.Options);
    }

    /// <summary>Makes volumes and domain as far as they are missing.</summary>
    internal async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        var (mark, active, suspended) = await FindAsync(definition.Id, cancellation);
        if (active || suspended || mark is { Adopted: true }) return;
        try
        {
            await CompleteAsync(definition, mark, progress, cancellation);
        }
        catch when (mark is null)
        {
            await line.ChangeAsync(connection =>
            {
                using var half = Domains.Find(connection, definition.Id);
                if (half is not null) VirError.Check(LibVirt.DomainUndefine(half.Handle, LibVirt.UndefineEverything));
            }, CancellationToken.None);
            await volumes.RemoveAsync(definition.Id, [VolumeNames.Of(definition).Base], CancellationToken.None);
            throw;
        }
    }

    /// <summary>Makes it run as the definition says.</summary>
    /// <returns>Whether it goes on from a suspension.</returns>
    internal async Task<bool> RunAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        var (mark, active, suspended) = await FindAsync(definition.Id, cancellation);
        if (mark is null) throw Domains.Missing(definition.Id);
        if (active) return false;
        // A suspended one goes on as it was; what is described to the daemon meanwhile would count at the next boot only.
        if (!mark.Adopted && !suspended)
        {
            volumes.Check(definition);
            await CompleteAsync(definition, mark, new Progress<double>(), cancellation);
        }

        return await line.CallAsync((connection, _) =>
        {
            using var domain = Domains.Require(connection, definition.Id);
            if (suspended) ManagedSave.Check(domain, definition);
            // Fresh disks mean fresh firmware variables.
            var flags = definition is { Ephemeral: true, Firmware: Firmware.Uefi } && !mark.Adopted ? LibVirt.StartResetNvram : 0;
            if (LibVirt.DomainCreate(domain.Handle, suspended ? 0 : flags) >= 0) return suspended;
            var failure = VirError.Last();
            if (failure.Code == VirError.OperationInvalid && Domains.IsActive(domain.Handle)) return false;
            throw Explain(failure);
        }, suspended ? LibvirtSuspend.Limit : options.ChangeLimit, cancellation);
    }

    /// <summary>
    /// When QEMU itself ends at once, libvirt has one number for all and QEMU's own words behind it; those say whether a port or a disk is held by another.
    /// A QEMU that ended without a word was ended: by another's kill, which met this start.
    /// </summary>
    internal static Exception Explain(VirError failure)
    {
        if (failure.Code != VirError.InternalError || failure.Kind() != HypervisorErrorKind.Rejected) return failure;
        if (failure.Message.TrimEnd().EndsWith("process exited while connecting to monitor", StringComparison.Ordinal))
            return new HypervisorException(HypervisorErrorKind.Busy, "QEMU was ended while it started", failure);
        return QemuErrors.From(failure.Message) is { Kind: HypervisorErrorKind.Busy } busy ? busy : failure;
    }

    /// <summary>Describes the machine to the daemon anew. It does not run.</summary>
    /// <param name="definition">The machine.</param>
    /// <param name="seed">What the seed that is there was made from, as a hash.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task DefineAsync(MachineDefinition definition, string? seed, CancellationToken cancellation)
    {
        var kvm = (await accelerator.DecideAsync(cancellation)).Name == "kvm";
        var names = VolumeNames.Of(definition);
        var mark = new Mark(definition.Id, seed);
        var xml = DomainXml.Build(definition, names, mark, Surroundings(kvm));
        await line.ChangeAsync(connection => VirError.Check(LibVirt.DomainDefine(connection.Handle, xml.ToString(), 0)).Dispose(), cancellation);
    }

    private async Task CompleteAsync(MachineDefinition definition, Mark? before, IProgress<double> progress, CancellationToken cancellation)
    {
        await volumes.CompleteAsync(definition, VolumeNames.Of(definition), before?.Seed, progress, cancellation);
        // Last: the mark says that everything it describes is there.
        await DefineAsync(definition, MachineVolumes.HashOf(definition.Seed), cancellation);
    }

    private Task<(Mark? Mark, bool Active, bool Suspended)> FindAsync(string id, CancellationToken cancellation) => line.ChangeAsync(connection =>
    {
        using var domain = Domains.Find(connection, id);
        return domain is null ? ((Mark?)null, false, false) : (domain.Mark, Domains.IsActive(domain.Handle), ManagedSave.Of(domain.Handle));
    }, cancellation);

    private DomainSurroundings Surroundings(bool kvm) => new(options.PoolPath, kvm, RemoteScreen: options.Ssh is not null);
}
