using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Storage;

/// <summary>
/// Stored images on the host: each is uploaded once and lies under the disks of all machines made from it. A second, empty
/// volume says that it arrived in full; what lies there without that is the remains of an upload that broke off.
/// Callers hold the gate of the image.
/// </summary>
internal static class BaseImages
{
    /// <summary>Makes sure that the image is there.</summary>
    internal static VolumeHandle Ensure(
        Connection connection, Heartbeat heart, PoolHandle pool, string name, string file, Action<double> progress, CancellationToken cancellation)
    {
        using (var complete = Pools.Find(pool, VolumeNames.Complete(name)))
        {
            if (complete is not null && Pools.Find(pool, name) is { } there) return there;
        }

        Remove(pool, name);
        using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
        var volume = Pools.Create(pool, name, "raw", (ulong)content.Length);
        try
        {
            Transfer.Upload(connection, heart, volume, content, progress, cancellation);
            // Now libvirt reads its true format and size.
            Pools.Refresh(pool);
            Pools.Create(pool, VolumeNames.Complete(name), "raw", 0).Dispose();
            return volume;
        }
        catch
        {
            volume.Dispose();
            Remove(pool, name);
            throw;
        }
    }

    /// <summary>Removes those of the images that lie under no volume any more and are no machine's ISO.</summary>
    internal static void RemoveUnused(Connection connection, PoolHandle pool, string name)
    {
        using var image = Pools.Find(pool, name);
        if (image is null) return;
        var path = Pools.PathOf(image);
        foreach (var other in Pools.Volumes(pool))
        {
            if (other.StartsWith(VolumeNames.BasePrefix, StringComparison.Ordinal)) continue;
            using var volume = Pools.Find(pool, other);
            if (volume is not null && Pools.BackingOf(volume) == path) return;
        }

        foreach (var domain in Domains.All(connection))
        {
            using (domain)
            {
                if (DomainDisks.Paths(domain).Contains(path, StringComparer.Ordinal)) return;
            }
        }

        Remove(pool, name);
    }

    private static void Remove(PoolHandle pool, string name)
    {
        Pools.Delete(pool, VolumeNames.Complete(name));
        Pools.Delete(pool, name);
    }
}
