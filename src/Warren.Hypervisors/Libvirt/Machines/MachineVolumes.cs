using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Makes, grows and removes the volumes of a machine.</summary>
internal sealed class MachineVolumes(LibvirtOptions options, HostLine line)
{
    private const ulong GiB = 1UL << 30;

    private readonly SeedIso _seeds = new(new CommandRunner());

    /// <summary>Refuses what a host cannot have: files of the server's machine, when the host is another.</summary>
    internal void Check(MachineDefinition definition)
    {
        RequireFile("boot.path", definition.Boot.Path);
        if (definition.DataDisks.Count > 24) throw Refuse("dataDisks must be at most 24");
        foreach (var path in definition.DataDisks.Select(d => d.ExistingPath).OfType<string>())
        {
            if (!options.Local) throw Refuse("dataDisks.existingPath names a file of the server's machine, and this host is another one");
            RequireFile("dataDisks.existingPath", path);
        }
    }

    /// <summary>Makes what is missing. Ephemeral disks are always made afresh: the machine does not run.</summary>
    internal async Task CompleteAsync(MachineDefinition definition, VolumeNames names, string? seedBefore, IProgress<double> progress, CancellationToken cancellation)
    {
        using (await Gates.EnterAsync(options.Uri, names.Base, cancellation))
        {
            await line.CallAsync((connection, heart) =>
            {
                using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
                using var image = NeedsImage(definition, names, pool)
                    ? BaseImages.Ensure(connection, heart, pool, names.Base, definition.Boot.Path, progress.Report, cancellation)
                    : null;
                cancellation.ThrowIfCancellationRequested();
                Disks(definition, names, pool, image);
                using var log = Pools.Find(pool, names.SerialLog) ?? Pools.Create(pool, names.SerialLog, "raw", 0);
                return 0;
            }, options.ChangeLimit, cancellation);
        }

        if (definition.Seed is { } seed) await WriteSeedAsync(seed, names, seedBefore, cancellation);
    }

    /// <summary>Writes only the seed.</summary>
    internal async Task WriteSeedAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        if (definition.Seed is { } seed) await WriteSeedAsync(seed, VolumeNames.Of(definition), null, cancellation);
    }

    /// <summary>Grows the system disk to the definition's size. The machine does not run.</summary>
    internal void Grow(Connection connection, MachineDefinition definition)
    {
        using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
        using var disk = Pools.Find(pool, VolumeNames.Of(definition.Id).Disk);
        if (disk is null) return;
        var size = Pools.InfoOf(disk).Capacity;
        var wanted = (ulong)definition.DiskGiB * GiB;
        if (wanted < size) throw Refuse($"diskGiB cannot shrink: the disk has {Math.Ceiling(size / (double)GiB)} GiB");
        if (wanted > size) VirError.Check(LibVirt.VolumeResize(disk, wanted, 0));
    }

    /// <summary>Removes every volume of a machine, and the images under them when nobody else uses those.</summary>
    /// <param name="id">The machine.</param>
    /// <param name="disks">Files its domain named; images among them may be unused now.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task RemoveAsync(string id, IReadOnlyList<string> disks, CancellationToken cancellation)
    {
        var images = await line.ChangeAsync(connection =>
        {
            using var pool = OurPool(connection);
            return pool is null ? [] : Remove(pool, id);
        }, cancellation);
        images.UnionWith(disks.Select(Path.GetFileName).OfType<string>());
        foreach (var image in images.Where(i => i.StartsWith(VolumeNames.BasePrefix, StringComparison.Ordinal)))
        {
            // Under the gate in which others put disks on it.
            using var _ = await Gates.EnterAsync(options.Uri, image, cancellation);
            await line.ChangeAsync(connection =>
            {
                using var pool = OurPool(connection);
                if (pool is not null) BaseImages.RemoveUnused(connection, pool, image);
            }, cancellation);
        }
    }

    private PoolHandle? OurPool(Connection connection)
    {
        var pool = VirError.Find(LibVirt.PoolLookup(connection.Handle, options.Pool), VirError.NoPool);
        if (pool is null || Pools.Describe(pool).Uuid == Pools.Mark(options.Pool)) return pool;
        pool.Dispose();
        return null;
    }

    private static HashSet<string> Remove(PoolHandle pool, string id)
    {
        // The daemon that keeps serial logs makes further files when one is full.
        Pools.Refresh(pool);
        var images = new HashSet<string>(StringComparer.Ordinal);
        var all = Pools.Volumes(pool);
        // Its disk has gone already: an earlier removal broke off, and which image lay under the disk is not known any more.
        if (!all.Contains(VolumeNames.Of(id).Disk, StringComparer.Ordinal))
        {
            images.UnionWith(all.Where(n => n.StartsWith(VolumeNames.BasePrefix, StringComparison.Ordinal)
                && !n.EndsWith(VolumeNames.Complete(""), StringComparison.Ordinal)));
        }

        foreach (var name in all.Where(n => n.StartsWith(id + "-", StringComparison.Ordinal)))
        {
            using (var volume = Pools.Find(pool, name))
            {
                if (volume is not null && Pools.BackingOf(volume) is { } under) images.Add(Path.GetFileName(under));
            }

            Pools.Delete(pool, name);
        }

        return images;
    }

    /// <summary>A seed as a hash, so that a changed one is noticed without keeping its secrets.</summary>
    internal static string? HashOf(CloudInitSeed? seed) => seed is null
        ? null
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(seed))));

    /// <summary>A disk that is there may lie on another image by now, or on none.</summary>
    private static bool NeedsImage(MachineDefinition definition, VolumeNames names, PoolHandle pool)
    {
        if (definition.Ephemeral || definition.Boot.Format == "iso") return true;
        using var disk = Pools.Find(pool, names.Disk);
        return disk is null;
    }

    private static void Disks(MachineDefinition definition, VolumeNames names, PoolHandle pool, VolumeHandle? image)
    {
        if (definition.Boot.Format != "iso" && image is not null)
        {
            // By the file itself: while the pool is busy libvirt takes the uploaded image for raw, and for as small as its file.
            var size = Math.Max((ulong)definition.DiskGiB * GiB, VirtualSize(definition.Boot.Path, definition.Boot.Format));
            Make(pool, names.Disk, size, definition.Ephemeral, (Pools.PathOf(image), definition.Boot.Format));
        }
        else if (definition.Boot.Format == "iso" && definition.DiskGiB > 0)
        {
            Make(pool, names.Disk, (ulong)definition.DiskGiB * GiB, definition.Ephemeral, null);
        }

        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            var disk = definition.DataDisks[i];
            if (disk.ExistingPath is null) Make(pool, names.Data(i), (ulong)disk.SizeGiB * GiB, definition.Ephemeral, null);
            else if (definition.Ephemeral) Make(pool, names.Data(i), VirtualSize(disk.ExistingPath, disk.ExistingFormat!), fresh: true, (disk.ExistingPath, disk.ExistingFormat!));
        }
    }

    private static void Make(PoolHandle pool, string name, ulong size, bool fresh, (string Path, string Format)? backing)
    {
        if (fresh) Pools.Delete(pool, name);
        using var volume = Pools.Find(pool, name) ?? Pools.Create(pool, name, "qcow2", size, backing);
    }

    private async Task WriteSeedAsync(CloudInitSeed seed, VolumeNames names, string? before, CancellationToken cancellation)
    {
        var known = before == HashOf(seed) && await line.LookAsync(connection =>
        {
            using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
            using var volume = Pools.Find(pool, names.Seed);
            return volume is not null;
        }, cancellation);
        if (known) return;
        Directory.CreateDirectory(options.Folder, OwnerOnly.Folder);
        var file = Path.Combine(options.Folder, $"{names.Id}-{Guid.NewGuid():n}.iso");
        try
        {
            await _seeds.WriteAsync(seed, file, cancellation);
            await line.CallAsync((connection, heart) =>
            {
                using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
                using var content = File.OpenRead(file);
                Pools.Delete(pool, names.Seed);
                using var volume = Pools.Create(pool, names.Seed, "raw", (ulong)content.Length);
                Transfer.Upload(connection, heart, volume, content, null, cancellation);
                return 0;
            }, options.ChangeLimit, cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Bytes a guest sees of a disk file; a qcow2 states them big-endian at byte 24 (QEMU's docs/interop/qcow2).</summary>
    private static ulong VirtualSize(string path, string format)
    {
        using var file = File.OpenRead(path);
        if (format != "qcow2") return (ulong)file.Length;
        var header = new byte[32];
        file.ReadExactly(header);
        return BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(24));
    }

    private static void RequireFile(string field, string path)
    {
        if (!File.Exists(path)) throw Refuse($"{field}: the file {path} does not exist");
    }

    private static HypervisorException Refuse(string why) => new(HypervisorErrorKind.Rejected, why);
}
