using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Serial;

/// <summary>The serial lines that somebody is at through this process.</summary>
internal sealed class SerialHubs(IDbContextFactory<WarrenDb> databases, HostDirectory hosts, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, SerialHub> _hubs = new(StringComparer.Ordinal);

    /// <summary>Comes to a machine's line, until the seat is disposed of.</summary>
    public (SerialHub Hub, IDisposable Seat) Join(string machineId)
    {
        while (true)
        {
            var hub = _hubs.GetOrAdd(machineId, Make);
            if (hub.Join() is { } seat) return (hub, seat);
            // It has just been forgotten; the next one is new.
            _hubs.TryRemove(new(machineId, hub));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs.Values) await hub.DisposeAsync();
    }

    private SerialHub Make(string machineId)
    {
        var hub = new SerialHub(machineId, cancellation => OpenAsync(machineId, cancellation), cancellation => OpenLogAsync(machineId, cancellation), clock);
        hub.Ended.Register(() => _hubs.TryRemove(new(machineId, hub)));
        return hub;
    }

    private async Task<OpenLine> OpenAsync(string machineId, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var machine = await db.Machines.AsNoTracking().SingleOrDefaultAsync(m => m.Id == machineId, cancellation)
            ?? throw new RefusedException(Problems.NotFound("The machine is gone."));
        if (machine.State is MachineState.Stopped or MachineState.Failed or MachineState.Deleting or MachineState.Suspended)
            throw new RefusedException(Problems.IllegalState("The machine is off; its serial line is dead."));
        var serial = (await hosts.DriverAsync(machine.Host, cancellation)).Serial
            ?? throw new RefusedException(Problems.Unsupported("This machine's hypervisor has no serial line."));
        return new OpenLine(await serial.OpenAsync(machineId, cancellation), serial.Kept);
    }

    private async Task<Stream?> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var host = await db.Machines.Where(m => m.Id == machineId).Select(m => m.Host).SingleOrDefaultAsync(cancellation);
        return host is not null && (await hosts.DriverAsync(host, cancellation)).Serial is { } serial ? await serial.OpenLogAsync(machineId, cancellation) : null;
    }
}
