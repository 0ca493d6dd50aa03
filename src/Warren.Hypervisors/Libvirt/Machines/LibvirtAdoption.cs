using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Gives foreign domains our mark. Their description and their disks stay as others made them.</summary>
internal sealed class LibvirtAdoption(HostLine line) : IAdoption
{
    private const long GiB = 1L << 30;

    /// <inheritdoc/>
    public Task<AdoptedMachine> AdoptAsync(string nativeName, string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return line.ChangeAsync(connection =>
        {
            using var domain = VirError.Find(LibVirt.DomainLookupByName(connection.Handle, nativeName), VirError.NoDomain)
                ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"the host has no machine {nativeName}");
            var mark = Domains.MarkOf(domain);
            if (mark is not null && mark.Id != machineId)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"{nativeName} is ours already, as {mark.Id}");
            using (var other = mark is null ? Domains.Find(connection, machineId) : null)
            {
                if (other is not null) throw new HypervisorException(HypervisorErrorKind.Rejected, $"there is a machine {machineId} on this host already");
            }

            if (mark is null)
            {
                // Its mark would not be in the description that it goes on with.
                ManagedSave.Refuse(domain, machineId, "adopted");
                SetMark(domain, new Mark(machineId, Adopted: true));
            }

            return Describe(domain);
        }, cancellation);
    }

    private static void SetMark(DomainHandle domain, Mark mark)
    {
        var active = Domains.IsActive(domain) ? LibVirt.AffectLive : 0;
        if (LibVirt.DomainSetMetadata(domain, LibVirt.MetadataElement, mark.ToMetadata(), "warren", Mark.Namespace, LibVirt.AffectConfiguration | active) >= 0) return;
        var failure = VirError.Last();
        // A transient domain has no description beside the live one.
        if (active == 0 || LibVirt.DomainSetMetadata(domain, LibVirt.MetadataElement, mark.ToMetadata(), "warren", Mark.Namespace, active) < 0) throw failure;
    }

    private static AdoptedMachine Describe(DomainHandle domain)
    {
        var (state, reason) = Domains.State(domain);
        VirError.Check(LibVirt.DomainGetInfo(domain, out var info));
        var xml = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain, 0)));
        var disk = DomainDisks.Disks(xml).FirstOrDefault(d => (string?)d.Attribute("device") is "disk" or null);
        var size = (string?)disk?.Element("target")?.Attribute("dev") is { } target && LibVirt.DomainGetBlockInfo(domain, target, out var block, 0) >= 0
            ? (int)Math.Min(((long)block.Capacity + GiB - 1) / GiB, int.MaxValue) : 0;
        return new AdoptedMachine((int)(info.MaximumMemory >> 10), info.Cpus, size,
            (string?)xml.Element("devices")?.Element("interface")?.Element("mac")?.Attribute("address"), Domains.Power(domain, state, reason));
    }
}
