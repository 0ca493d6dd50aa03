using System.Globalization;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Probe;

/// <summary>Finds out what a libvirt host really can do.</summary>
internal sealed class LibvirtProbe(LibvirtOptions options, HostLine line, AcceleratorTrial accelerators)
{
    internal async Task<HostProbe> RunAsync(CancellationToken cancellation)
    {
        var (version, facts, capacity) = await line.ChangeAsync(Look, cancellation);
        var accelerator = await accelerators.DecideAsync(cancellation);
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!options.Local && options.Ssh is null)
            missing["screen"] = "a remote screen is reached through ssh: use a qemu+ssh address";
        return new HostProbe(version, accelerator.Name, accelerator.Reason, capacity, facts, []) { Missing = missing };
    }

    private (string Version, Dictionary<string, string> Facts, HostCapacity Capacity) Look(Connection connection)
    {
        VirError.Check(LibVirt.ConnectGetLibraryVersion(connection.Handle, out var library));
        VirError.Check(LibVirt.ConnectGetVersion(connection.Handle, out var hypervisor));
        VirError.Check(LibVirt.NodeGetInfo(connection.Handle, out var node));
        LibVirt.GetVersion(out var client, 0, 0);
        using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
        VirError.Check(LibVirt.PoolGetInfo(pool, out var space));
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = VirError.Take(LibVirt.ConnectGetHostname(connection.Handle)),
            ["qemu"] = Version(hypervisor),
            ["library"] = Version(client),
            ["pool"] = $"{options.Pool} at {options.PoolPath}",
        };
        return (Version(library), facts, new HostCapacity((long)node.Memory >> 10, (int)node.Cpus, (long)(space.Available >> 30)));
    }

    /// <summary>libvirt writes 9.1.2 as 9001002 (virGetVersion).</summary>
    internal static string Version(nuint number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number / 1_000_000}.{number / 1000 % 1000}.{number % 1000}");
}
