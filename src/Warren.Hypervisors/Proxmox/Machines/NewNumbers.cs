using System.Globalization;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>Numbers of new machines: the cluster's next, or the first that is free in a range. Another may be faster; then the next is tried.</summary>
internal sealed class NewNumbers(ProxmoxClient client, MachineFinder finder, ProxmoxOptions options)
{
    private const int Tries = 30;

    /// <summary>Takes one.</summary>
    /// <param name="take">Makes the machine of a number.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The number.</returns>
    /// <exception cref="HypervisorException">Rejected when the range is full; Busy when others were faster too often.</exception>
    internal async Task<int> TakeAsync(Func<int, Task> take, CancellationToken cancellation)
    {
        var lost = new HashSet<int>();
        for (var left = Tries; ; left--)
        {
            var vmid = await NextAsync(lost, cancellation);
            try
            {
                await take(vmid);
                return vmid;
            }
            catch (HypervisorException e) when (IsTaken(e, vmid))
            {
                if (left == 0) throw new HypervisorException(HypervisorErrorKind.Busy, $"others took every number that was tried: {e.Message}", e);
                lost.Add(vmid);
            }
        }
    }

    /// <summary>"VM 100 already exists on node 'pve'", or the same of a container or a file (PVE::Cluster::check_vmid_unused).</summary>
    internal static bool IsTaken(HypervisorException e, int vmid) =>
        e.Message.Contains("already exists", StringComparison.Ordinal) && e.Message.Contains(vmid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private async Task<int> NextAsync(HashSet<int> lost, CancellationToken cancellation)
    {
        if (options.Vmids is not { } range)
        {
            var next = await client.GetAsync("/cluster/nextid", cancellation);
            return int.TryParse(Fields.Text(next), NumberStyles.None, CultureInfo.InvariantCulture, out var vmid) && vmid >= 100 ? vmid : throw Fields.Bad("nextid");
        }

        var taken = await finder.NumbersAsync(cancellation);
        for (var vmid = range.First; vmid <= range.Last; vmid++)
        {
            if (!taken.Contains(vmid) && !lost.Contains(vmid)) return vmid;
        }

        throw new HypervisorException(HypervisorErrorKind.Rejected, $"vmids: every number from {range.First} to {range.Last} is taken");
    }
}
