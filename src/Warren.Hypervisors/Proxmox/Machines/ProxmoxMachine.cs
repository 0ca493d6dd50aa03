using System.Globalization;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>A machine as the cluster lists it.</summary>
/// <param name="Vmid">Its number.</param>
/// <param name="Node">The node that it is on.</param>
/// <param name="Name">Its name there.</param>
/// <param name="Id">Our id, or null.</param>
/// <param name="Template">It is a template, which never runs.</param>
/// <param name="Tags">All its tags.</param>
internal sealed record ProxmoxMachine(int Vmid, string Node, string Name, string? Id, bool Template, string? Tags)
{
    /// <summary>It is not whole yet.</summary>
    internal bool Building => Id is not null && Name == MachineMarks.BuildingName(Id, Vmid);

    /// <summary>As people see it. Names there are not unique, numbers are.</summary>
    internal string NativeName => string.Create(CultureInfo.InvariantCulture, $"{Vmid}/{Name}");

    /// <summary>A path below the machine.</summary>
    internal string Path(params object[] below) => Form.Path(["nodes", Node, "qemu", Vmid, .. below]);

    /// <summary>Reads an entry of <c>/cluster/resources</c>; null for containers and what is no machine.</summary>
    internal static ProxmoxMachine? Read(JsonObject entry)
    {
        if (Fields.Text(entry, "type") != "qemu" || Fields.Small(entry, "vmid") is not { } vmid || Fields.Text(entry, "node") is not { Length: > 0 } node) return null;
        var name = Fields.Text(entry, "name") ?? "";
        var tags = Fields.Text(entry, "tags");
        return new ProxmoxMachine(vmid, node, name, MachineMarks.IdOf(vmid, name, tags), Fields.Flag(entry, "template"), tags);
    }
}
