using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>Tasks of the server: begun, found again after a restart, awaited with their log as progress, and stopped.</summary>
internal sealed partial class ProxmoxTasks(ProxmoxClient client, ProxmoxOptions options, TimeProvider clock)
{
    private const int LogLines = 500;

    /// <summary>How long a task that was told to stop has to do so.</summary>
    private static readonly TimeSpan s_stopping = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Sees a task to its end. One of these types that runs already on that machine is joined instead of a second being begun:
    /// it is ours from before a restart, or another's that comes to the same.
    /// </summary>
    internal async Task RunAsync(string node, int vmid, string[] types, Func<Task<JsonNode?>> begin, IProgress<double>? progress, CancellationToken cancellation)
    {
        var upid = await FindAsync(node, vmid, types, cancellation);
        if (upid is null)
        {
            var answer = await begin();
            // Some calls of older versions have nothing to wait for.
            if (answer is null) return;
            upid = Require(answer);
        }

        await WaitAsync(upid, progress, cancellation);
    }

    /// <summary>The first running task of these types on a machine; null when there is none.</summary>
    internal async Task<Upid?> FindAsync(string node, int vmid, string[] types, CancellationToken cancellation)
    {
        var tasks = Fields.List(await client.GetAsync(Form.Path("nodes", node, "tasks"), cancellation,
            new Form().With("source", "active").With("vmid", vmid)), "tasks");
        // The list of the active ones keeps those that ended just now, with their end.
        return tasks.Where(t => t["endtime"] is null && t["status"] is null)
            .Select(t => Upid.Read(Fields.Text(t, "upid")))
            .FirstOrDefault(u => u is not null && types.Contains(u.Type) && u.Id == vmid.ToString(CultureInfo.InvariantCulture));
    }

    internal static Upid Require(JsonNode? answer) => Upid.Read(Fields.Text(answer)) ?? throw Fields.Bad("task");

    /// <summary>Waits for its end.</summary>
    /// <exception cref="HypervisorException">By its exit status; Unreachable when it hangs, or its node is away.</exception>
    internal async Task WaitAsync(Upid upid, IProgress<double>? progress, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var log = new Log(progress);
        long? silentSince = null;
        var pause = TimeSpan.FromMilliseconds(10);
        try
        {
            while (true)
            {
                (bool Ended, string? Exit) status = default;
                try
                {
                    status = await StatusAsync(upid, cancellation);
                    silentSince = null;
                    if (progress is not null || status.Ended) await ReadAsync(upid, log, cancellation);
                }
                catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable && clock.GetElapsedTime(silentSince ??= clock.GetTimestamp()) < options.Timeout)
                {
                    // A server that restarts comes back, and its tasks with it.
                }

                if (status.Ended)
                {
                    Conclude(upid, status.Exit);
                    return;
                }

                if (clock.GetElapsedTime(began) > options.TaskTimeout) throw await HangsAsync(upid, log);
                await Task.Delay(pause, clock, cancellation);
                pause = pause * 2 < options.Poll ? pause * 2 : options.Poll;
            }
        }
        catch (OperationCanceledException)
        {
            await StopAsync(upid);
            throw;
        }
    }

    /// <summary>Tells a task to stop and waits until it has, for a while.</summary>
    internal async Task StopAsync(Upid upid)
    {
        try
        {
            await client.ChangeAsync(HttpMethod.Delete, Form.Path("nodes", upid.Node, "tasks", upid.Text), null, CancellationToken.None);
            var began = clock.GetTimestamp();
            while (!(await StatusAsync(upid, CancellationToken.None)).Ended && clock.GetElapsedTime(began) < s_stopping)
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock);
        }
        catch (HypervisorException)
        {
            // What led here is the thing to tell.
        }
    }

    private async Task<(bool Ended, string? Exit)> StatusAsync(Upid upid, CancellationToken cancellation)
    {
        var status = Fields.Object(await client.GetAsync(Form.Path("nodes", upid.Node, "tasks", upid.Text, "status"), cancellation), "task");
        return Fields.Text(status, "status") switch
        {
            "running" => (false, null),
            "stopped" => (true, Fields.Text(status, "exitstatus")),
            _ => throw Fields.Bad("task"),
        };
    }

    private async Task ReadAsync(Upid upid, Log log, CancellationToken cancellation)
    {
        var lines = Fields.List(await client.GetAsync(Form.Path("nodes", upid.Node, "tasks", upid.Text, "log"), cancellation,
            new Form().With("start", log.Lines).With("limit", LogLines)), "log");
        foreach (var line in lines) log.Take(Fields.Number(line, "n"), Fields.Text(line, "t"));
    }

    private async Task<HypervisorException> HangsAsync(Upid upid, Log log)
    {
        await StopAsync(upid);
        return new HypervisorException(HypervisorErrorKind.Unreachable, string.Create(CultureInfo.InvariantCulture,
            $"{upid.Type} of {upid.Id} did not end within {options.TaskTimeout.TotalSeconds:0} s and was stopped; its log ends: {log.Last}"));
    }

    /// <summary>A task that ended with warnings has done its work.</summary>
    private static void Conclude(Upid upid, string? exit)
    {
        if (exit == "OK" || exit?.StartsWith("WARNINGS:", StringComparison.Ordinal) == true) return;
        throw ProxmoxErrors.OfTask($"{upid.Type} of {upid.Id}", exit ?? "it ended without saying how");
    }

    /// <summary>What was read of a task's log.</summary>
    private sealed class Log(IProgress<double>? progress)
    {
        private double _done;

        internal long Lines { get; private set; }

        internal string Last { get; private set; } = "";

        internal void Take(long? number, string? text)
        {
            // "n" counts from 1. An empty log has one line that says so.
            if (number is not { } n || n != Lines + 1 || text is null || text == "no content") return;
            Lines = n;
            Last = text.Length > 200 ? text[..200] : text;
            if (Percent().Match(Last) is not { Success: true } match) return;
            var done = double.Parse(match.Groups["done"].ValueSpan, CultureInfo.InvariantCulture) / 100;
            // Several disks count from nothing again; what is told never goes back.
            if (done <= _done || done > 1) return;
            _done = done;
            progress?.Report(done);
        }
    }

    [GeneratedRegex(@"\((?<done>[0-9]{1,3}(\.[0-9]{1,4})?)\s?%\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Percent();
}
