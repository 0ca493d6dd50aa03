using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Storage;

/// <summary>Storage pools of the daemon.</summary>
internal sealed class LibvirtStorage(HostLine line) : IStorage
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<StoragePool>> ListAsync(CancellationToken cancellation) => line.LookAsync<IReadOnlyList<StoragePool>>(connection =>
    {
        var count = VirError.Check(LibVirt.ConnectListAllPools(connection.Handle, out var array, 0));
        var list = new List<StoragePool>();
        foreach (var pool in VirHandle.Take<PoolHandle>(array, count))
        {
            using (pool) list.Add(Read(pool));
        }

        return list;
    }, cancellation);

    /// <inheritdoc/>
    public Task CreateAsync(string name, string path, CancellationToken cancellation)
    {
        LibvirtKind.CheckPool("name", name);
        LibvirtKind.CheckFolder("path", path);
        return line.ChangeAsync(connection => Pools.Ensure(connection, name, path).Dispose(), cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation)
    {
        LibvirtKind.CheckPool("name", name);
        return line.ChangeAsync(connection =>
        {
            using var pool = VirError.Find(LibVirt.PoolLookup(connection.Handle, name), VirError.NoPool);
            if (pool is null) return;
            var (uuid, path) = Pools.Describe(pool);
            if (uuid != Pools.Mark(name)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"the storage pool {name} is not ours");
            if (path is not null && UserOf(connection, path) is { } user)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"the storage pool {name} holds disks of the machine {user}");
            if (LibVirt.PoolDestroy(pool) < 0) LibVirt.ResetLastError();
            // Only removes an empty folder.
            if (LibVirt.PoolDelete(pool, 0) < 0) LibVirt.ResetLastError();
            VirError.Check(LibVirt.PoolUndefine(pool));
        }, cancellation);
    }

    private static StoragePool Read(PoolHandle pool)
    {
        var xml = XmlText.Parse(VirError.Take(LibVirt.PoolGetXml(pool, 0)));
        VirError.Check(LibVirt.PoolGetInfo(pool, out var info));
        var name = (string?)xml.Element("name") ?? "";
        return new StoragePool(name, (string?)xml.Attribute("type") ?? "", (string?)xml.Element("target")?.Element("path"),
            (long)info.Capacity, (long)info.Available, info.State == LibVirt.PoolRunning, (Guid?)xml.Element("uuid") == Pools.Mark(name));
    }

    private static string? UserOf(Connection connection, string folder)
    {
        string? user = null;
        foreach (var domain in Domains.All(connection))
        {
            using (domain)
            {
                if (DomainDisks.Paths(domain).Any(p => Path.GetDirectoryName(p) == folder.TrimEnd('/'))) user = Domains.Name(domain);
            }
        }

        return user;
    }
}
