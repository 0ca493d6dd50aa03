using System.Text.Json.Nodes;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>The disks of a running QEMU: which file each writes to, and the switch of all of them to overlays at one moment.</summary>
internal sealed class LiveDisks(MachineFolder folder, QemuControl control, TimeProvider clock)
{
    /// <summary>QEMU takes 31 characters for a node's name, of which the first is a letter.</summary>
    private const int NameLength = 30;

    private const string Disks = "query-block";

    /// <summary>Flushing what the guest has written comes first, which can take the host's disk a while.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>From now on each disk is written to through the overlay beside it.</summary>
    /// <param name="layers">The layer that each disk file became, by the file's name.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task SwitchAsync(IReadOnlyDictionary<string, string> layers, CancellationToken cancellation) =>
        await (await PlanAsync(layers, cancellation))(cancellation);

    /// <summary>
    /// The switch as QEMU will be told it: one transaction, so that the disks show one moment (qapi/transaction.json,
    /// blockdev-snapshot-sync with <c>mode: existing</c>). Until then nothing else may be done to the disks.
    /// </summary>
    internal async Task<Func<CancellationToken, Task>> PlanAsync(IReadOnlyDictionary<string, string> layers, CancellationToken cancellation)
    {
        var nodes = await NodesAsync(cancellation);
        var actions = new JsonArray();
        foreach (var (name, layer) in layers)
        {
            var node = nodes.FirstOrDefault(n => n.File == folder.In(name) || n.File.StartsWith(folder.In(name) + ".", StringComparison.Ordinal)).Node
                ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU of machine {folder.Id} does not write to {name}");
            MachineRights.Give(folder, Layers.BesideOf(folder.In(name), layer));
            actions.Add(new JsonObject
            {
                ["type"] = "blockdev-snapshot-sync",
                ["data"] = new JsonObject
                {
                    ["node-name"] = node,
                    ["snapshot-file"] = Layers.BesideOf(folder.In(name), layer),
                    ["snapshot-node-name"] = "n" + layer[..NameLength],
                    ["format"] = "qcow2",
                    ["mode"] = "existing",
                },
            });
        }

        return c => actions.Count == 0 ? Task.CompletedTask : control.AskAsync(folder, "transaction", new JsonObject { ["actions"] = actions }, s_limit, c);
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

    /// <summary>Which file each disk is written to, and by which node.</summary>
    internal async Task<List<(string File, string Node)>> NodesAsync(CancellationToken cancellation)
    {
        var answers = await control.RunAsync(folder, cancellation, LiveChain.Query, Disks);
        if (LiveChain.JobsIn(answers[0]).Count > 0)
        {
            // A job stands between a disk and its node.
            await LiveChain.EndJobsAsync(folder, control, clock, cancellation);
            answers = await control.RunAsync(folder, cancellation, LiveChain.Query, Disks);
        }

        return [.. answers[1]!.AsArray().Select(b => (string?)b!["inserted"]?["node-name"]).OfType<string>().Select(n => (FileOf(n) ?? "", n)).Where(n => n.Item1.Length > 0)];
    }

    /// <summary>
    /// The file behind a node, by the name that the node was given here. Not by what QEMU calls the file: that is the whole chain in
    /// JSON where its graph differs from the headers, which call a layer by the layer's name, and it is cut at 4095 bytes (PATH_MAX).
    /// </summary>
    private string? FileOf(string node)
    {
        if (node == QemuArguments.SystemNode) return folder.SystemDisk;
        if (QemuArguments.DataIndex(node) is { } index) return folder.DataDisk(index);
        return node.Length == NameLength + 1 ? Layers.Besides(folder.Path).Select(b => b.Beside).FirstOrDefault(b => Path.GetExtension(b).StartsWith("." + node[1..], StringComparison.Ordinal)) : null;
    }
}
