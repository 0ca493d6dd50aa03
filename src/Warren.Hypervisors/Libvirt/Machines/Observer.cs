using System.Globalization;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Looks at machines. Everything here runs inside a call of <see cref="HostLine"/>.</summary>
internal static class Observer
{
    internal static unsafe MachineObservation Look(Connection connection, string id, LibvirtOptions options)
    {
        using var domain = Domains.Find(connection, id);
        if (domain is null) return MachineObservation.Missing;
        try
        {
            var (state, reason) = Domains.State(domain.Handle);
            var power = Domains.Power(domain.Handle, state, reason);
            var runs = power is not (ObservedPower.Off or ObservedPower.Suspended);
            return new MachineObservation
            {
                Power = power,
                Detail = Domains.Detail(state, reason),
                ProcessId = runs ? ProcessOf(domain.Handle, options) : null,
                // An empty name sums up all disks (virDomainBlockStats).
                FirmwareRan = runs && LibVirt.DomainBlockStatistics(domain.Handle, "", out var seen, (nuint)sizeof(BlockStatistics)) >= 0
                    && seen.ReadRequests > 0,
            };
        }
        catch (VirError e) when (e.Code == VirError.NoDomain)
        {
            return MachineObservation.Missing;
        }
    }

    internal static IReadOnlyList<FoundMachine> List(Connection connection)
    {
        var found = new List<FoundMachine>();
        foreach (var domain in Domains.All(connection))
        {
            using (domain)
            {
                try
                {
                    var (state, reason) = Domains.State(domain);
                    found.Add(new FoundMachine(Domains.Name(domain), Domains.MarkOf(domain)?.Id, Domains.Power(domain, state, reason)));
                }
                catch (VirError e) when (e.Code == VirError.NoDomain)
                {
                    // It has gone since the list was made.
                }
            }
        }

        return found;
    }

    /// <summary>libvirt does not tell; on this machine its pid file does. Null elsewhere and where it may not be read.</summary>
    private static int? ProcessOf(DomainHandle domain, LibvirtOptions options)
    {
        if (options.RunFolder is not { } folder) return null;
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, Path.GetFileName(Domains.Name(domain)) + ".pid"));
            return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
