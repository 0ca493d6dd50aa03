using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>The disks of a running QEMU: which file each writes to, and the switch of all of them to overlays at one moment.</summary>
internal sealed class LiveDisks(MachineFolder folder, QemuControl control)
{
    private const string Options = "json:";

    /// <summary>Flushing what the guest has written comes first, which can take the host's disk a while.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// From now on each disk is written to through the overlay beside it: one transaction, so that the disks show one moment
    /// (qapi/transaction.json, blockdev-snapshot-sync with <c>mode: existing</c>).
    /// </summary>
    /// <param name="layers">The layer that each disk file became, by the file's name.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task SwitchAsync(IReadOnlyDictionary<string, string> layers, CancellationToken cancellation)
    {
        var nodes = await NodesAsync(cancellation);
        var actions = new JsonArray();
        foreach (var (name, layer) in layers)
        {
            var node = nodes.FirstOrDefault(n => n.File == folder.In(name) || n.File.StartsWith(folder.In(name) + ".", StringComparison.Ordinal)).Node
                ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU of machine {folder.Id} does not write to {name}");
            actions.Add(new JsonObject
            {
                ["type"] = "blockdev-snapshot-sync",
                ["data"] = new JsonObject
                {
                    ["node-name"] = node,
                    ["snapshot-file"] = Layers.BesideOf(folder.In(name), layer),
                    // QEMU takes 31 characters, of which the first is a letter.
                    ["snapshot-node-name"] = "n" + layer[..30],
                    ["format"] = "qcow2",
                    ["mode"] = "existing",
                },
            });
        }

        if (actions.Count > 0) await control.AskAsync(folder, "transaction", new JsonObject { ["actions"] = actions }, s_limit, cancellation);
    }

    /// <summary>
    /// Gives the overlays that QEMU writes to their disks' names, and removes those that it does not: the switch to them never
    /// came, or another has come since.
    /// </summary>
    internal async Task SettleAsync(CancellationToken cancellation)
    {
        var besides = Layers.Besides(folder.Path);
        if (!besides.Any()) return;
        var written = (await NodesAsync(cancellation)).Select(n => n.File).ToHashSet(StringComparer.Ordinal);
        foreach (var (beside, disk) in besides)
        {
            if (written.Contains(beside)) Layers.Adopt(beside, disk);
            else File.Delete(beside);
        }
    }

    private async Task<List<(string File, string Node)>> NodesAsync(CancellationToken cancellation)
    {
        var blocks = await control.AskAsync(folder, "query-block", null, QemuControl.Limit, cancellation);
        return [.. blocks!.AsArray().Select(b => b!["inserted"]).OfType<JsonObject>()
            .Where(i => i["file"] is not null && i["node-name"] is not null).Select(i => (PathIn((string)i["file"]!), (string)i["node-name"]!))];
    }

    /// <summary>QEMU names a node whose graph differs from its header (which calls the layer by the layer's name) by all of its options.</summary>
    private static string PathIn(string name) =>
        name.StartsWith(Options, StringComparison.Ordinal) ? (string?)JsonNode.Parse(name[Options.Length..])?["file"]?["filename"] ?? name : name;
}
