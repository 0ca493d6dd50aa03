using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>New machines from the disks of a stopped one, copied in full by the daemon.</summary>
internal sealed class LibvirtClones(LibvirtOptions options, HostLine line, MachineVolumes volumes, MachineStart start) : IClones
{
    /// <summary>A copy reports nothing while it runs; a daemon that dies meanwhile is noticed by keepalive.</summary>
    private static readonly TimeSpan s_copyLimit = TimeSpan.FromHours(6);

    /// <inheritdoc/>
    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        start.Check(definition);
        DefinitionRules.CheckId(sourceId);
        if (definition.Ephemeral)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "a clone cannot be ephemeral: at its next start it would be its image again");
        using var gate = await Gates.EnterAsync(options.Uri, definition.Id, cancellation);
        var there = await line.LookAsync(connection =>
        {
            using var domain = Domains.Find(connection, definition.Id);
            return domain is not null;
        }, cancellation);
        if (!there) await CopyAsync(sourceId, definition, cancellation);
        await start.CreateAsync(definition, progress, cancellation);
        progress.Report(1);
    }

    private async Task CopyAsync(string sourceId, MachineDefinition definition, CancellationToken cancellation)
    {
        using var source = await Gates.EnterAsync(options.Uri, sourceId, cancellation);
        try
        {
            await line.CallAsync((connection, _) =>
            {
                using var domain = Domains.Require(connection, sourceId);
                if (domain.Mark.Adopted)
                    throw new HypervisorException(HypervisorErrorKind.Unsupported, $"machine {sourceId} was adopted: its disks lie where others put them");
                ManagedSave.Refuse(domain.Handle, sourceId, "cloned");
                DemandOff(domain.Handle, sourceId);
                using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
                var (from, to) = (VolumeNames.Of(sourceId), VolumeNames.Of(definition.Id));
                Copy(pool, from.Disk, to.Disk, (ulong)definition.DiskGiB << 30, cancellation);
                for (var i = 0; i < definition.DataDisks.Count; i++)
                    Copy(pool, from.Data(i), to.Data(i), 0, cancellation);
                // Another server may have started it while it was read.
                DemandOff(domain.Handle, sourceId);
                return 0;
            }, s_copyLimit, cancellation);
        }
        catch
        {
            await volumes.RemoveAsync(definition.Id, [], CancellationToken.None);
            throw;
        }
    }

    private static void DemandOff(DomainHandle domain, string id)
    {
        if (Domains.IsActive(domain)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {id} runs; stop it before it is cloned");
    }

    private static void Copy(PoolHandle pool, string from, string to, ulong atLeast, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var source = Pools.Find(pool, from);
        if (source is null) return;
        // What a broken-off copy left behind is not to be trusted.
        Pools.Delete(pool, to);
        Pools.CopyOf(pool, source, to, Math.Max(atLeast, Pools.InfoOf(source).Capacity)).Dispose();
    }
}
