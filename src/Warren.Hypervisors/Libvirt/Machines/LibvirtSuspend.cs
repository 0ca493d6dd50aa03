using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>
/// Suspend to disk by libvirt's managed save: the daemon keeps the memory in a file of its own (<c>save</c> under its state
/// folder) and takes it in at the next start.
/// </summary>
internal sealed class LibvirtSuspend(LibvirtOptions options, HostLine line) : ISuspend
{
    /// <summary>A large memory takes its time, and the daemon says nothing meanwhile; one that dies is noticed by keepalive.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    public async Task SuspendAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var _ = await Gates.EnterAsync(options.Uri, machineId, cancellation);
        await line.CallAsync((connection, _) =>
        {
            using var domain = Domains.Require(connection, machineId);
            if (ManagedSave.Of(domain.Handle)) return 0;
            if (!Domains.IsActive(domain.Handle)) throw Domains.NotRunning(machineId);
            ManagedSave.Check(domain, options.PoolPath);
            if (LibVirt.DomainManagedSave(domain.Handle, LibVirt.SaveRunning) >= 0) return 0;
            var failure = VirError.Last();
            // What is half written is no memory, and must not be taken for one when the machine is off some day.
            if (Domains.IsActive(domain.Handle) && LibVirt.DomainManagedSaveRemove(domain.Handle, 0) < 0) LibVirt.ResetLastError();
            throw failure;
        }, Limit, cancellation);
    }
}

/// <summary>The memory that the daemon keeps of a domain that is off. Everything here runs inside a call of <see cref="HostLine"/>.</summary>
internal static class ManagedSave
{
    /// <summary>Whether a domain is off and its memory kept.</summary>
    internal static bool Of(DomainHandle domain) => !Domains.IsActive(domain) && VirError.Check(LibVirt.DomainHasManagedSave(domain, 0)) == 1;

    /// <summary>Refuses what would change a suspended machine under its memory.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static void Refuse(DomainHandle domain, string machineId, string verb)
    {
        if (Of(domain)) throw SuspendRules.Refusal(machineId, verb);
    }

    /// <summary>Throws it away; none is fine.</summary>
    internal static void Remove(DomainHandle domain)
    {
        if (Of(domain)) VirError.Check(LibVirt.DomainManagedSaveRemove(domain, 0));
    }

    /// <summary>
    /// Refuses a machine that others could write to a disk of before it goes on. Disks that are thrown away are so at a start
    /// that boots; they are there for one that goes on.
    /// </summary>
    /// <exception cref="HypervisorException">Unsupported.</exception>
    internal static void Check(OurDomain domain, string poolPath)
    {
        if (domain.Mark.Adopted) return;
        var disks = DomainDisks.Disks(XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain.Handle, LibVirt.XmlInactive)))).Where(d => d.Element("readonly") is null);
        if (disks.Any(d => (string?)d.Element("source")?.Attribute("file") is { } file && Path.GetDirectoryName(file) != poolPath.TrimEnd('/'))) throw SuspendRules.AttachedDisk();
    }

    /// <summary>
    /// Insists on a memory that can be taken in by the machine that is wanted. libvirt boots a domain whose file is incomplete,
    /// and removes the file.
    /// </summary>
    /// <exception cref="HypervisorException">Rejected; the file is kept.</exception>
    internal static void Check(OurDomain domain, MachineDefinition definition)
    {
        _ = VirError.Take(LibVirt.DomainManagedSaveXml(domain.Handle, 0));
        if (domain.Mark.Adopted) return;
        VirError.Check(LibVirt.DomainGetInfo(domain.Handle, out var info));
        SuspendRules.CheckFits(definition with { MemoryMiB = (int)(info.MaximumMemory / 1024), Cpus = info.Cpus }, definition);
    }
}
