using System.Runtime.InteropServices;
using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Storage;

/// <summary>Pools and what lies in them. Everything here runs inside a call of <see cref="HostLine"/>.</summary>
internal static class Pools
{
    /// <summary>Our pool, made and started when it is not there.</summary>
    /// <exception cref="HypervisorException">Rejected when the name is taken by a pool of others.</exception>
    internal static PoolHandle Ensure(Connection connection, string name, string path)
    {
        if (VirError.Find(LibVirt.PoolLookup(connection.Handle, name), VirError.NoPool) is not { } pool)
            return Make(connection, name, path);
        var (uuid, target) = Describe(pool);
        if (uuid != Mark(name) || target?.TrimEnd('/') != path.TrimEnd('/'))
        {
            pool.Dispose();
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"the host has a storage pool {name} that is not ours or lies elsewhere ({target}); choose another name in settings.pool");
        }

        VirError.Check(LibVirt.PoolGetInfo(pool, out var info));
        // Another caller may start it at the same time; then it runs.
        if (info.State != LibVirt.PoolRunning && LibVirt.PoolCreate(pool, 0) < 0) DemandRuns(pool, VirError.Last());
        return pool;
    }

    /// <summary>Makes a pool over a folder, with our mark, and starts it.</summary>
    internal static PoolHandle Make(Connection connection, string name, string path)
    {
        var xml = new XElement("pool", new XAttribute("type", "dir"),
            new XElement("name", name),
            new XElement("uuid", Mark(name).ToString()),
            new XElement("target", new XElement("path", path), new XElement("permissions", new XElement("mode", "0711"))));
        var pool = VirError.Check(LibVirt.PoolDefine(connection.Handle, xml.ToString(), 0));
        if (LibVirt.PoolBuild(pool, 0) < 0 || LibVirt.PoolCreate(pool, 0) < 0)
        {
            // Taken before anything else is asked: each call resets it.
            var failure = VirError.Last();
            if (!Runs(pool)) _ = LibVirt.PoolUndefine(pool);
            DemandRuns(pool, failure);
        }

        VirError.Check(LibVirt.PoolSetAutostart(pool, 1));
        return pool;
    }

    /// <summary>Our mark: a UUID that follows from the name.</summary>
    internal static Guid Mark(string name) => VolumeNames.Derive("pool", name);

    /// <summary>UUID and folder.</summary>
    internal static (Guid Uuid, string? Path) Describe(PoolHandle pool)
    {
        var xml = XmlText.Parse(VirError.Take(LibVirt.PoolGetXml(pool, 0)));
        return ((Guid)xml.Element("uuid")!, (string?)xml.Element("target")?.Element("path"));
    }

    internal static VolumeHandle? Find(PoolHandle pool, string volume) =>
        VirError.Find(LibVirt.VolumeLookup(pool, volume), VirError.NoVolume);

    /// <summary>Makes an empty volume.</summary>
    /// <param name="pool">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="format"><c>qcow2</c> or <c>raw</c>.</param>
    /// <param name="capacity">Bytes the guest sees.</param>
    /// <param name="backing">File under it and that file's format, or null.</param>
    internal static VolumeHandle Create(PoolHandle pool, string name, string format, ulong capacity, (string Path, string Format)? backing = null) =>
        VirError.Check(LibVirt.VolumeCreate(pool, Volume(name, format, capacity, backing).ToString(), 0));

    /// <summary>Makes a qcow2 volume with all that another one shows its guest, backing file included.</summary>
    internal static VolumeHandle CopyOf(PoolHandle pool, VolumeHandle source, string name, ulong capacity) =>
        VirError.Check(LibVirt.VolumeCreateFrom(pool, Volume(name, "qcow2", capacity, null).ToString(), source, 0));

    private static XElement Volume(string name, string format, ulong capacity, (string Path, string Format)? backing) => new("volume",
            new XElement("name", name),
            new XElement("capacity", new XAttribute("unit", "bytes"), capacity),
            new XElement("allocation", new XAttribute("unit", "bytes"), 0),
            new XElement("target",
                new XElement("format", new XAttribute("type", format)),
                format == "qcow2" ? new XElement("compat", "1.1") : null,
                // Seeds and disks may hold secrets; libvirt hands the files to QEMU's user by itself.
                new XElement("permissions", new XElement("mode", "0600"))),
            backing is not { } under ? null : new XElement("backingStore",
                new XElement("path", under.Path), new XElement("format", new XAttribute("type", under.Format))));

    /// <summary>Removes a volume; none is fine.</summary>
    internal static void Delete(PoolHandle pool, string volume)
    {
        using var handle = Find(pool, volume);
        if (handle is null || LibVirt.VolumeDelete(handle, 0) >= 0) return;
        var failure = VirError.Last();
        if (failure.Code != VirError.NoVolume) throw failure;
    }

    /// <summary>Names of all volumes, as far as libvirt knows them.</summary>
    internal static IReadOnlyList<string> Volumes(PoolHandle pool)
    {
        var count = VirError.Check(LibVirt.PoolListAllVolumes(pool, out var array, 0));
        var names = new List<string>(count);
        foreach (var volume in VirHandle.Take<VolumeHandle>(array, count))
        {
            names.Add(Marshal.PtrToStringUTF8(LibVirt.VolumeGetName(volume)) ?? "");
            volume.Dispose();
        }

        return names;
    }

    /// <summary>Lets libvirt look for files that it did not make. Not while an upload runs: then what it knows must do.</summary>
    internal static void Refresh(PoolHandle pool)
    {
        if (LibVirt.PoolRefresh(pool, 0) >= 0) return;
        var failure = VirError.Last();
        if (failure.Code is not (VirError.InternalError or VirError.OperationInvalid)) throw failure;
    }

    internal static string PathOf(VolumeHandle volume) => VirError.Take(LibVirt.VolumeGetPath(volume));

    internal static VolumeInfo InfoOf(VolumeHandle volume)
    {
        VirError.Check(LibVirt.VolumeGetInfo(volume, out var info));
        return info;
    }

    /// <summary>The file under a volume, or null; also when the volume has gone since it was found, as one of a machine deleted at the same time.</summary>
    internal static string? BackingOf(VolumeHandle volume)
    {
        var text = LibVirt.VolumeGetXml(volume, 0);
        if (text != 0) return (string?)XmlText.Parse(VirError.Take(text)).Element("backingStore")?.Element("path");
        var failure = VirError.Last();
        return failure.Code == VirError.NoVolume ? null : throw failure;
    }

    private static void DemandRuns(PoolHandle pool, VirError failure)
    {
        if (Runs(pool)) return;
        pool.Dispose();
        throw failure;
    }

    private static bool Runs(PoolHandle pool) => LibVirt.PoolGetInfo(pool, out var info) >= 0 && info.State == LibVirt.PoolRunning;
}
