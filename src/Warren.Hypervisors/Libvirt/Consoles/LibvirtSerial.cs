using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>The first serial line and its log. The log is a volume of our pool, so that it is read over the same connection from any host.</summary>
internal sealed class LibvirtSerial(LibvirtOptions options, HostLine line) : ISerial
{
    /// <summary>How many full logs libvirt's log daemon keeps beside the current one (max_backups in virtlogd.conf is 3).</summary>
    private const int MostFullLogs = 16;

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation) =>
        new ConsoleStream(await line.LookAsync(connection =>
        {
            using var domain = Domains.RequireRunning(connection, machineId);
            return ConsoleLine.Open(connection, domain.Handle);
        }, cancellation), line);

    /// <inheritdoc/>
    public async Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        var file = new FileStream(Path.GetTempFileName(), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
        });
        try
        {
            await line.CallAsync((connection, heart) =>
            {
                using (Domains.Require(connection, machineId))
                using (var pool = Pools.Ensure(connection, options.Pool, options.PoolPath))
                    Collect(connection, heart, pool, machineId, file, cancellation);
                return 0;
            }, options.Limit, cancellation);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everything the guest wrote, oldest first: on other hosts, in full logs that were set aside, in the current one.</summary>
    internal static void Collect(Connection connection, Heartbeat heart, PoolHandle pool, string id, Stream into, CancellationToken cancellation)
    {
        var names = VolumeNames.Of(id);
        Pools.Refresh(pool);
        IEnumerable<string> parts =
        [
            names.EarlierLog,
            .. Enumerable.Range(0, MostFullLogs).Reverse().Select(i => $"{names.SerialLog}.{i}"),
            names.SerialLog,
        ];
        var there = Pools.Volumes(pool).ToHashSet(StringComparer.Ordinal);
        foreach (var part in parts.Where(there.Contains))
        {
            using var volume = Pools.Find(pool, part);
            try
            {
                if (volume is not null) Transfer.Download(connection, heart, volume, into, cancellation);
            }
            catch (VirError e) when (e.Code == VirError.OperationInvalid)
            {
                throw new HypervisorException(HypervisorErrorKind.Busy, $"the log of machine {id} is just arriving from another host", e);
            }
        }
    }
}
