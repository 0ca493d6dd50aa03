using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Snapshots of disks, and of memory where it is asked for. Names there begin with a letter; ours say that they are ours.</summary>
internal sealed class ProxmoxSnapshots(ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, MachineEnd end, ProxmoxOptions options) : ISnapshots
{
    private const string Mark = "warren_";

    /// <summary>Names have at most 40 characters (pve-configid, snapname).</summary>
    private const int LongestName = 40;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return Read(await EntriesAsync(await finder.RequireAsync(machineId, cancellation), cancellation));
    }

    /// <inheritdoc/>
    public async Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation)
    {
        var name = NameOf(snapshotId);
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(options.Place, machineId, cancellation);
        var (machine, status) = await finder.RequireStatusAsync(machineId, cancellation);
        if (Has(await EntriesAsync(machine, cancellation), name) && await tasks.FindAsync(machine.Node, machine.Vmid, ["qmsnapshot"], cancellation) is null) return;
        var power = PowerWords.Read(status);
        if (power == ObservedPower.Suspended) throw SuspendRules.Refusal(machineId, "snapshotted");
        if (memory && power == ObservedPower.Off)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machineId} is off and has no memory to keep");
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmsnapshot"], () => client.ChangeAsync(HttpMethod.Post, machine.Path("snapshot"),
            new Form().With("snapname", name).With("vmstate", memory), cancellation), null, cancellation);
    }

    /// <inheritdoc/>
    public async Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation)
    {
        var name = NameOf(snapshotId);
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(options.Place, machineId, cancellation);
        var (machine, status) = await finder.RequireStatusAsync(machineId, cancellation);
        if (PowerWords.Read(status) == ObservedPower.Suspended) throw SuspendRules.Refusal(machineId, "restored");
        if (!Has(await EntriesAsync(machine, cancellation), name))
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} has no snapshot {snapshotId}");
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmrollback"],
            () => client.ChangeAsync(HttpMethod.Post, machine.Path("snapshot", name, "rollback"), null, cancellation), null, cancellation);
        var memory = (await EntriesAsync(machine, cancellation)).Any(e => Fields.Text(e, "name") == name && Fields.Flag(e, "vmstate"));
        await end.UntilAsync(machine, memory ? ObservedPower.On : ObservedPower.Off, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation)
    {
        var name = NameOf(snapshotId);
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(options.Place, machineId, cancellation);
        if (await finder.FindAsync(machineId, cancellation) is not { Building: false } machine || !Has(await EntriesAsync(machine, cancellation), name)) return;
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmdelsnapshot"],
            () => client.ChangeAsync(HttpMethod.Delete, machine.Path("snapshot", name), null, cancellation), null, cancellation);
    }

    /// <summary>Ours, parents before children; what others took in between is skipped over.</summary>
    /// <exception cref="HypervisorException">Unreachable when it is no tree.</exception>
    internal static IReadOnlyList<MachineSnapshot> Read(IReadOnlyList<JsonObject> entries)
    {
        var parents = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var entry in entries)
            if (Fields.Text(entry, "name") is { } name) parents[name] = Fields.Text(entry, "parent");
        var found = new List<(int Depth, MachineSnapshot Snapshot)>();
        foreach (var entry in entries)
        {
            // "current" is not a snapshot but where the machine stands.
            if (IdOf(Fields.Text(entry, "name")) is not { } id) continue;
            var depth = 0;
            string? ours = null;
            for (var above = Fields.Text(entry, "parent"); above is not null; above = parents.GetValueOrDefault(above))
            {
                ours ??= IdOf(above);
                if (++depth > entries.Count) throw Fields.Bad("snapshots");
            }

            var taken = Math.Clamp(Fields.Number(entry, "snaptime") ?? 0, 0, 253_402_300_799);
            found.Add((depth, new MachineSnapshot(id, ours, DateTimeOffset.FromUnixTimeSeconds(taken), Fields.Flag(entry, "vmstate"))));
        }

        return [.. found.OrderBy(f => f.Depth).ThenBy(f => f.Snapshot.CreatedAt).Select(f => f.Snapshot)];
    }

    private async Task<IReadOnlyList<JsonObject>> EntriesAsync(ProxmoxMachine machine, CancellationToken cancellation) =>
        Fields.List(await client.GetAsync(machine.Path("snapshot"), cancellation), "snapshots");

    private static bool Has(IReadOnlyList<JsonObject> entries, string name) => entries.Any(e => Fields.Text(e, "name") == name);

    private static string? IdOf(string? name) =>
        name?.StartsWith(Mark, StringComparison.Ordinal) == true && DefinitionRules.IsId(name[Mark.Length..]) ? name[Mark.Length..] : null;

    private static string NameOf(string snapshotId)
    {
        DefinitionRules.CheckId(snapshotId);
        return Mark.Length + snapshotId.Length <= LongestName ? Mark + snapshotId
            : throw new HypervisorException(HypervisorErrorKind.Rejected, $"id must be at most {LongestName - Mark.Length} characters for a snapshot on Proxmox VE");
    }
}
