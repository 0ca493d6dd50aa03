using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>Finds, makes, replaces and removes the containers that are machines.</summary>
internal sealed class MachineContainers(EngineClient engine, MachineMarks marks, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>The machine's container; null when there is none, also when one of its name is somebody else's.</summary>
    internal async Task<MachineContainer?> FindAsync(string id, CancellationToken cancellation)
    {
        if (await InspectAsync(MachineMarks.Name(id), id, cancellation) is { } found) return found;
        if (await InspectAsync(MachineMarks.NextName(id), id, cancellation) is not { } next) return null;
        // A replacement was broken off between the removal of the old and the renaming of the new.
        (await engine.PostAsync($"/containers/{next.NativeId}/rename?name={MachineMarks.Name(id)}", null, cancellation)).Insist("rename", 409);
        return next;
    }

    /// <summary>The machine's container, which must be there.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal async Task<MachineContainer> RequireAsync(string id, CancellationToken cancellation) => await FindAsync(id, cancellation)
        ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");

    /// <summary>The machine's container, which must run.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal async Task<MachineContainer> RequireRunningAsync(string id, CancellationToken cancellation)
    {
        var machine = await RequireAsync(id, cancellation);
        return machine.Runs ? machine : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run");
    }

    /// <summary>Makes the container. One that was made meanwhile by somebody with the same intent is left.</summary>
    internal async Task CreateAsync(string id, JsonObject body, CancellationToken cancellation)
    {
        var answer = await engine.CreateContainerAsync(MachineMarks.Name(id), body, cancellation);
        if (answer.Status == 409)
        {
            if (await FindAsync(id, cancellation) is not null) return;
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"the name {MachineMarks.Name(id)} is taken by a container that is not ours");
        }

        answer.Insist("create");
    }

    /// <summary>Puts a new container in the place of a stopped one; at every moment one of the two can be found.</summary>
    internal async Task ReplaceAsync(string id, MachineContainer old, JsonObject body, CancellationToken cancellation)
    {
        if (await InspectAsync(MachineMarks.NextName(id), id, cancellation) is { } stale && stale.NativeId != old.NativeId)
            await RemoveAsync(stale.NativeId, cancellation);
        var made = (await engine.CreateContainerAsync(MachineMarks.NextName(id), body, cancellation)).Require("create");
        await RemoveAsync(old.NativeId, cancellation);
        (await engine.PostAsync($"/containers/{(string)made["Id"]!}/rename?name={MachineMarks.Name(id)}", null, cancellation)).Insist("rename");
    }

    /// <summary>Ends and removes every container of the machine.</summary>
    internal async Task RemoveAllAsync(string id, CancellationToken cancellation)
    {
        foreach (var name in new[] { MachineMarks.Name(id), MachineMarks.NextName(id) })
        {
            if (await InspectAsync(name, id, cancellation) is { } found) await RemoveAsync(found.NativeId, cancellation);
        }
    }

    /// <summary>Removes a container, running or not, and waits until it is gone.</summary>
    internal async Task RemoveAsync(string nativeId, CancellationToken cancellation)
    {
        // 409: its removal is under way already.
        (await engine.DeleteAsync($"/containers/{nativeId}?force=1&v=1", cancellation)).Insist("remove", 404, 409);
        var began = clock.GetTimestamp();
        while ((await engine.GetAsync($"/containers/{nativeId}/json", cancellation)).Status != 404)
        {
            if (clock.GetElapsedTime(began) > s_patience)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"the container {nativeId[..12]} is being removed, but stays");
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellation);
        }
    }

    /// <summary>All containers of the engine that are not somebody's piece of work in passing.</summary>
    internal async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
        var all = (await engine.GetAsync("/containers/json?all=1", cancellation)).Require("list") as JsonArray ?? [];
        var found = new List<FoundMachine>();
        foreach (var container in all)
        {
            var labels = container?["Labels"];
            if (marks.IsOurs(labels) && MachineMarks.Text(labels, MachineMarks.Helper) is not null) continue;
            var name = ((string?)container?["Names"]?[0] ?? (string?)container?["Id"] ?? "").TrimStart('/');
            var id = marks.MachineOf(labels);
            // Both names while one takes the other's place: it is one machine.
            if (id is not null && found.Any(f => f.MachineId == id)) continue;
            found.Add(new FoundMachine(name, id, MachineContainer.PowerOf((string?)container?["State"])));
        }

        return found;
    }

    private async Task<MachineContainer?> InspectAsync(string name, string id, CancellationToken cancellation)
    {
        var answer = await engine.GetAsync($"/containers/{name}/json", cancellation);
        if (answer.Status == 404) return null;
        var container = ContainerReader.Read(answer.Require("inspect"));
        return marks.MachineOf(container.Labels) == id ? container : null;
    }
}
