using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Moves;

/// <summary>What the machine's source has, as far as the destination must know it.</summary>
/// <param name="Capacities">Bytes of its disks, by volume.</param>
/// <param name="SameBase">Its system disk lies on the very image that the definition names.</param>
internal sealed record MovingDisks(IReadOnlyDictionary<string, ulong> Capacities, bool SameBase);

/// <summary>Volumes at the destination of a migration, and what follows it.</summary>
internal sealed class Destination(LibvirtHypervisor source, LibvirtHypervisor target)
{
    /// <summary>Volumes of the same sizes, so that only what the machine wrote itself has to be copied when the image is the same.</summary>
    internal async Task PrepareAsync(MachineDefinition definition, MovingDisks disks, IProgress<double> progress, CancellationToken cancellation)
    {
        await ClearAsync(definition.Id, cancellation);
        if (disks.SameBase || definition.Boot.Format == "iso")
        {
            target.Volumes.Check(definition);
            await target.Volumes.CompleteAsync(definition, VolumeNames.Of(definition), null, progress, cancellation);
        }
        else
        {
            await target.Volumes.WriteSeedAsync(definition, cancellation);
        }

        await target.Line.ChangeAsync(connection =>
        {
            using var pool = Pools.Ensure(connection, target.Options.Pool, target.Options.PoolPath);
            foreach (var (name, capacity) in disks.Capacities)
            {
                using var volume = Pools.Find(pool, name) ?? Pools.Create(pool, name, "qcow2", capacity);
                if (Pools.InfoOf(volume).Capacity < capacity) VirError.Check(LibVirt.VolumeResize(volume, capacity, 0));
            }

            using var log = Pools.Find(pool, VolumeNames.Of(definition.Id).SerialLog) ?? Pools.Create(pool, VolumeNames.Of(definition.Id).SerialLog, "raw", 0);
        }, cancellation);
    }

    /// <summary>Removes what an earlier attempt left at the destination. A machine that runs there is not touched.</summary>
    internal async Task ClearAsync(string id, CancellationToken cancellation)
    {
        await target.Line.ChangeAsync(connection =>
        {
            using var domain = Domains.Find(connection, id);
            if (domain is not null && Domains.IsActive(domain.Handle))
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {id} runs on the destination too");
            if (domain is not null) VirError.Check(LibVirt.DomainUndefine(domain.Handle, LibVirt.UndefineEverything));
        }, cancellation);
        await target.Volumes.RemoveAsync(id, [], cancellation);
    }

    /// <summary>After the move: what the guest wrote so far follows it, then the source's volumes go. Can be repeated.</summary>
    internal async Task SettleAsync(MachineDefinition definition, bool autostart, CancellationToken cancellation)
    {
        var file = Path.Combine(source.Options.Folder, $"{definition.Id}-{Guid.NewGuid():n}.log");
        Directory.CreateDirectory(source.Options.Folder, OwnerOnly.Folder);
        await using var log = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose,
            UnixCreateMode = OwnerOnly.File,
        });
        await source.Line.CallAsync((connection, heart) =>
        {
            using var pool = Pools.Ensure(connection, source.Options.Pool, source.Options.PoolPath);
            Consoles.LibvirtSerial.Collect(connection, heart, pool, definition.Id, log, cancellation);
            return 0;
        }, source.Options.ChangeLimit, cancellation);
        await target.Line.CallAsync((connection, heart) =>
        {
            using var pool = Pools.Ensure(connection, target.Options.Pool, target.Options.PoolPath);
            if (log.Length > 0)
            {
                var name = VolumeNames.Of(definition.Id).EarlierLog;
                log.Position = 0;
                Pools.Delete(pool, name);
                using var volume = Pools.Create(pool, name, "raw", (ulong)log.Length);
                Transfer.Upload(connection, heart, volume, log, null, cancellation);
            }

            using var domain = Domains.Require(connection, definition.Id);
            if (autostart) VirError.Check(LibVirt.DomainSetAutostart(domain.Handle, 1));
            return 0;
        }, target.Options.ChangeLimit, cancellation);
        await source.Volumes.RemoveAsync(definition.Id, [VolumeNames.Of(definition).Base], cancellation);
    }
}
