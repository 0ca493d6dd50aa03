using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>CPU time as the daemon tells it. It knows nothing of connections: the host may be another machine than ours.</summary>
internal sealed class LibvirtActivity(HostLine line) : IActivity
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, MachineActivity>> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation) =>
        line.LookAsync<IReadOnlyDictionary<string, MachineActivity>>(connection =>
        {
            var seen = new Dictionary<string, MachineActivity>(StringComparer.Ordinal);
            foreach (var id in machineIds)
            {
                using var domain = Domains.Find(connection, id);
                if (domain is null || !Domains.IsActive(domain.Handle)) continue;
                VirError.Check(LibVirt.DomainGetInfo(domain.Handle, out var info));
                seen[id] = new MachineActivity((long)info.CpuTime, null);
            }

            return seen;
        }, cancellation);
}
