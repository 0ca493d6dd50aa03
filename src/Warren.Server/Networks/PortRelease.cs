using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Networks;

/// <summary>Takes ports back. They rest before they are handed out again: a stale client must not reach the next guest.</summary>
internal sealed class PortRelease(PortOptions options, TimeProvider clock)
{
    /// <summary>Gives a machine's ports back; the caller saves.</summary>
    public async Task ReleaseAsync(WarrenDb db, string machineId, CancellationToken cancellation)
    {
        var until = clock.GetUtcNow().AddSeconds(options.CoolDownSeconds);
        foreach (var row in await db.PortForwards.Where(p => p.MachineId == machineId).ToListAsync(cancellation))
        {
            db.PortForwards.Remove(row);
            var resting = await db.ReleasedPorts.FindAsync([row.Host, row.Protocol, row.HostPort], cancellation);
            if (resting is not null) resting.Until = until;
            else db.ReleasedPorts.Add(new ReleasedPortRow { Host = row.Host, Protocol = row.Protocol, HostPort = row.HostPort, Until = until });
        }
    }
}
