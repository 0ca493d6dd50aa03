using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// Shortens the chains below the disks of a running QEMU: layers that nothing but such a chain names go into the overlay that is
/// written to, while the guest runs (qapi/block-core.json, block-stream). The caller holds the machine's lock, so that nobody takes
/// one of these layers into use meanwhile: who could, would have to come through this machine.
/// </summary>
internal sealed class LiveChain(MachineFolder folder, Layers layers, QemuControl control, TimeProvider clock)
{
    /// <summary>Needless layers that are worth no wait: each costs a file that is open and a look on the way to what lies below.</summary>
    internal const int Tolerated = 8;

    /// <summary>Bytes of needless layers that somebody who waits for something else may be made to wait for.</summary>
    private const long LargestInPassing = 256L << 20;

    /// <summary>The same for who deletes a snapshot. What is left is shortened when the machine is off.</summary>
    private const long LargestOnDeletion = 4L << 30;

    /// <summary>Which jobs run.</summary>
    internal const string Query = "query-block-jobs";

    private const string Job = "shorten-";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5), s_longestPause = TimeSpan.FromMilliseconds(160);

    /// <summary>Shortens what has become long. Whatever keeps it from that, the chain is then as it was, and as good.</summary>
    internal Task ShortenInPassingAsync(IEnumerable<string> names, CancellationToken cancellation) =>
        ShortenAsync(names, Tolerated + 1, LargestInPassing, cancellation);

    /// <summary>Shortens all that can be shortened in a while.</summary>
    internal Task ShortenAsync(IEnumerable<string> names, CancellationToken cancellation) => ShortenAsync(names, 1, LargestOnDeletion, cancellation);

    /// <summary>Ends jobs that a process which is gone has left behind: a disk with a job cannot be frozen.</summary>
    internal static async Task EndJobsAsync(MachineFolder folder, QemuControl control, TimeProvider clock, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (await JobsAsync(folder, control, cancellation) is { Count: > 0 } jobs)
        {
            if (clock.GetElapsedTime(began) > s_patience)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"QEMU of machine {folder.Id} does not end its job {jobs[0]}: does the host's disk stand still?");
            foreach (var job in jobs) await CancelAsync(folder, control, job, cancellation);
            await Task.Delay(s_pause, clock, cancellation);
        }
    }

    private async Task ShortenAsync(IEnumerable<string> names, int least, long largest, CancellationToken cancellation)
    {
        foreach (var disk in names.Select(folder.In))
        {
            // The image and the disk itself are always there.
            if (Headers(disk).Count - 2 < least) continue;
            List<string> needless;
            using (await layers.LockAsync(cancellation)) needless = layers.NeedlessBelow(folder, disk);
            if (needless.Count < least || needless.Sum(l => new FileInfo(layers.PathOf(l)).Length) > largest) continue;
            try
            {
                if (!await StreamAsync(disk, needless.Count, cancellation)) continue;
                using (await layers.LockAsync(CancellationToken.None)) layers.Clear();
            }
            catch (HypervisorException)
            {
                // The host's disk is full, or QEMU has its reasons: the chain stays, or the layers until the next call clears them.
            }
        }
    }

    /// <summary>
    /// Has QEMU take in the first so many layers below a disk. What was taken in is on the disk before the header leads past the layers
    /// that it came from, and the header is before they can go: QEMU itself flushes neither (block/stream.c, stream_prepare).
    /// </summary>
    /// <returns>Whether it came to its end.</returns>
    private async Task<bool> StreamAsync(string disk, int count, CancellationToken cancellation)
    {
        // Asked first: it ends what somebody may have left behind, which changes the headers.
        var nodes = await NodesAsync(disk, cancellation);
        var (headers, job) = (Headers(disk), Job + Path.GetFileName(disk));
        // Node for node the graph is the chain of the headers; where it is not, somebody else is at work there.
        if (nodes.Count != headers.Count || nodes.Count < count + 2) return false;
        try
        {
            await control.AskAsync(folder, "block-stream", new JsonObject
            {
                ["job-id"] = job,
                ["device"] = nodes[0],
                ["base-node"] = nodes[count + 1],
                ["backing-file"] = headers[count + 1],
                ["auto-finalize"] = false,
            }, QemuControl.Limit, cancellation);
            if (!await WhileAsync(job, s => s is not "pending", cancellation)) return false;
            await FlushAsync(nodes[0], cancellation);
            await control.AskAsync(folder, "job-finalize", new JsonObject { ["id"] = job }, QemuControl.Limit, cancellation);
            await WhileAsync(job, _ => true, cancellation);
            await FlushAsync(nodes[0], cancellation);
            return true;
        }
        catch
        {
            await EndJobsAsync(folder, control, clock, CancellationToken.None);
            throw;
        }
    }

    /// <returns>Whether the job is still there when it is over.</returns>
    private async Task<bool> WhileAsync(string job, Func<string?, bool> status, CancellationToken cancellation)
    {
        var pause = s_pause;
        while (true)
        {
            var jobs = await control.AskAsync(folder, Query, null, QemuControl.Limit, cancellation);
            if (jobs!.AsArray().FirstOrDefault(j => (string?)j!["device"] == job) is not { } found) return false;
            if (!status((string?)found["status"])) return true;
            await Task.Delay(pause, clock, cancellation);
            if (pause < s_longestPause) pause *= 2;
        }
    }

    /// <summary>Everything that was written to a node is on the host's disk. QMP has no word of its own for that.</summary>
    private async Task FlushAsync(string node, CancellationToken cancellation)
    {
        var said = (string?)await control.AskAsync(folder, "human-monitor-command", new JsonObject { ["command-line"] = $"qemu-io {node} flush" }, s_patience, cancellation);
        if (!string.IsNullOrWhiteSpace(said)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU of machine {folder.Id} does not flush its disk: {said.Trim()}");
    }

    /// <summary>The files of a chain by their headers, the disk's own first.</summary>
    private static List<string> Headers(string disk)
    {
        var files = new List<string>();
        for (var file = disk; file is not null && files.Count < Layers.Deepest; file = Qcow2Header.BackingOf(file)) files.Add(file);
        return files;
    }

    /// <summary>The nodes of the same chain in QEMU's graph, the one that is written to first.</summary>
    private async Task<List<string>> NodesAsync(string disk, CancellationToken cancellation)
    {
        var top = (await new LiveDisks(folder, control, clock).NodesAsync(cancellation)).FirstOrDefault(n => n.File == disk || n.File.StartsWith(disk + ".", StringComparison.Ordinal)).Node;
        if (top is null) return [];
        // The only question whose answer has the edges, by QEMU 7.2 and 10 alike (qapi/block-core.json, x-debug-query-block-graph).
        var graph = (await control.AskAsync(folder, "x-debug-query-block-graph", null, QemuControl.Limit, cancellation))!.AsObject();
        var names = graph["nodes"]!.AsArray().ToDictionary(n => (long)n!["id"]!, n => (string)n!["name"]!);
        var backing = graph["edges"]!.AsArray().Where(e => (string?)e!["name"] == "backing").ToDictionary(e => (long)e!["parent"]!, e => (long)e!["child"]!);
        var chain = new List<string>();
        for (long? at = names.First(n => n.Value == top).Key; at is { } id; at = backing.TryGetValue(id, out var below) ? below : null) chain.Add(names[id]);
        return chain;
    }

    private static async Task<List<string>> JobsAsync(MachineFolder folder, QemuControl control, CancellationToken cancellation) =>
        JobsIn(await control.AskAsync(folder, Query, null, QemuControl.Limit, cancellation));

    /// <summary>Our jobs in the answer to <see cref="Query"/>.</summary>
    internal static List<string> JobsIn(JsonNode? answer) =>
        [.. answer!.AsArray().Select(j => (string)j!["device"]!).Where(d => d.StartsWith(Job, StringComparison.Ordinal))];

    private static async Task CancelAsync(MachineFolder folder, QemuControl control, string job, CancellationToken cancellation)
    {
        try
        {
            await control.AskAsync(folder, "block-job-cancel", new JsonObject { ["device"] = job }, QemuControl.Limit, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            // It has come to its end meanwhile.
        }
    }
}
