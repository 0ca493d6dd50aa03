using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Snapshots;

/// <summary>Snapshots inside the qcow2 disks, with or without memory, as libvirt keeps them.</summary>
internal sealed class LibvirtSnapshots(HostLine line, TimeProvider clock) : ISnapshots
{
    /// <summary>A large memory takes its time, and says nothing meanwhile; a daemon that dies is noticed by keepalive.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(30);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation) => line.LookAsync<IReadOnlyList<MachineSnapshot>>(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        var count = VirError.Check(LibVirt.ListAllSnapshots(domain.Handle, out var array, LibVirt.SnapshotListTopological));
        var list = new List<MachineSnapshot>();
        foreach (var snapshot in VirHandle.Take<SnapshotHandle>(array, count))
        {
            using (snapshot) list.Add(Read(XmlText.Parse(VirError.Take(LibVirt.SnapshotGetXml(snapshot, 0)))));
        }

        return list;
    }, cancellation);

    /// <inheritdoc/>
    public Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        return WriteAsync(connection =>
        {
            using var domain = Domains.Require(connection, machineId);
            using (var there = Find(domain.Handle, snapshotId))
            {
                if (there is not null) return;
            }

            ManagedSave.Refuse(domain.Handle, machineId, "kept in a snapshot");
            var active = Domains.IsActive(domain.Handle);
            if (memory && !active)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machineId} is off: it has no memory to keep");
            if (active && !memory) DiskOnly(domain.Handle, snapshotId);
            else VirError.Check(LibVirt.SnapshotCreate(domain.Handle, new XElement("domainsnapshot", new XElement("name", snapshotId)).ToString(), 0)).Dispose();
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        return WriteAsync(connection =>
        {
            using var domain = Domains.Require(connection, machineId);
            using var snapshot = Find(domain.Handle, snapshotId)
                ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} has no snapshot {snapshotId}");
            ManagedSave.Refuse(domain.Handle, machineId, "restored");
            var memory = Read(XmlText.Parse(VirError.Take(LibVirt.SnapshotGetXml(snapshot, 0)))).Memory;
            if (!memory && Domains.IsActive(domain.Handle)) VirError.Check(LibVirt.DomainDestroy(domain.Handle, 0));
            var flags = memory ? LibVirt.RevertRunning : 0;
            if (LibVirt.SnapshotRevert(snapshot, flags) >= 0) return;
            var failure = VirError.Last();
            // Risky where QEMU must be started anew for it: that is what is wanted.
            if (failure.Code != VirError.RevertRisky) throw failure;
            VirError.Check(LibVirt.SnapshotRevert(snapshot, flags | LibVirt.RevertForce));
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        return WriteAsync(connection =>
        {
            using var domain = Domains.Find(connection, machineId);
            if (domain is null) return;
            using var snapshot = Find(domain.Handle, snapshotId);
            if (snapshot is not null) VirError.Check(LibVirt.SnapshotDelete(snapshot, 0));
        }, cancellation);
    }

    private Task<int> WriteAsync(Action<Connection> work, CancellationToken cancellation) => line.CallAsync((connection, _) =>
    {
        work(connection);
        return 0;
    }, s_limit, cancellation);

    private static SnapshotHandle? Find(DomainHandle domain, string id) => VirError.Find(LibVirt.SnapshotLookup(domain, id, 0), VirError.NoSnapshot);

    /// <summary>
    /// libvirt refuses a snapshot without memory inside the disks of a running domain; QEMU takes it, and libvirt then learns of
    /// it as one that was taken while the domain was off.
    /// </summary>
    private void DiskOnly(DomainHandle domain, string id)
    {
        var xml = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain, LibVirt.XmlSecure)));
        var disks = DomainDisks.Disks(xml).Where(d => d.Element("readonly") is null && (string?)d.Attribute("device") is "disk" or null).ToList();
        var actions = new JsonArray();
        foreach (var disk in disks)
        {
            if ((string?)disk.Element("driver")?.Attribute("type") != "qcow2")
                throw new HypervisorException(HypervisorErrorKind.Unsupported, "snapshots need qcow2 disks, and one of the machine's is not");
            actions.Add(new JsonObject
            {
                ["type"] = "blockdev-snapshot-internal-sync",
                ["data"] = new JsonObject { ["device"] = NodeOf(domain, (string)disk.Element("alias")!.Attribute("name")!), ["name"] = id },
            });
        }

        Ask(domain, new JsonObject { ["execute"] = "transaction", ["arguments"] = new JsonObject { ["actions"] = actions } });
        var parent = CurrentOf(domain);
        var inactive = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain, LibVirt.XmlInactive | LibVirt.XmlSecure)));
        var description = new XElement("domainsnapshot",
            new XElement("name", id),
            new XElement("state", "shutoff"),
            new XElement("creationTime", clock.GetUtcNow().ToUnixTimeSeconds()),
            parent is null ? null : new XElement("parent", new XElement("name", parent)),
            new XElement("memory", new XAttribute("snapshot", "no")),
            new XElement("disks", disks.Select(d => new XElement("disk",
                new XAttribute("name", (string)d.Element("target")!.Attribute("dev")!), new XAttribute("snapshot", "internal")))),
            inactive);
        VirError.Check(LibVirt.SnapshotCreate(domain, description.ToString(), LibVirt.SnapshotRedefine | LibVirt.SnapshotRedefineCurrent)).Dispose();
    }

    /// <summary>The block node that a device of the running QEMU writes to.</summary>
    private static string NodeOf(DomainHandle domain, string alias)
    {
        var blocks = Ask(domain, new JsonObject { ["execute"] = "query-block" })!.AsArray();
        var mine = blocks.FirstOrDefault(b => ((string?)b?["qdev"])?.Contains(alias, StringComparison.Ordinal) == true);
        return (string?)mine?["inserted"]?["node-name"] ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU has no disk {alias}");
    }

    private static JsonNode? Ask(DomainHandle domain, JsonObject command)
    {
        VirError.Check(LibVirt.DomainQemuMonitorCommand(domain, command.ToJsonString(), out var text, 0));
        var answer = JsonNode.Parse(VirError.Take(text));
        if (answer?["error"] is { } error)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU refused: {(string?)error["desc"]}");
        return answer?["return"];
    }

    private static string? CurrentOf(DomainHandle domain)
    {
        using var current = VirError.Find(LibVirt.SnapshotCurrent(domain, 0), VirError.NoSnapshot);
        return current is null ? null : Read(XmlText.Parse(VirError.Take(LibVirt.SnapshotGetXml(current, 0)))).Id;
    }

    internal static MachineSnapshot Read(XElement xml) => new(
        (string?)xml.Element("name") ?? "",
        (string?)xml.Element("parent")?.Element("name"),
        DateTimeOffset.FromUnixTimeSeconds(long.TryParse((string?)xml.Element("creationTime"), NumberStyles.None, CultureInfo.InvariantCulture, out var time) ? time : 0),
        (string?)xml.Element("memory")?.Attribute("snapshot") is "internal" or "external");
}
