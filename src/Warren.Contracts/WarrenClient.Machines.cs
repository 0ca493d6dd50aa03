using System.Runtime.CompilerServices;

namespace Warren.Contracts;

/// <summary>Machines: every change answers with the <see cref="Operation"/> that makes it.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Lists machines, newest first.</summary>
    public IAsyncEnumerable<Machine> ListMachinesAsync(CancellationToken cancellation = default)
        => PagesAsync<Machine>("/machines", cancellation);

    /// <summary>A machine by name or id.</summary>
    public Task<Machine> GetMachineAsync(string machine, CancellationToken cancellation = default)
        => GetAsync<Machine>($"/machines/{Segment(machine)}", cancellation);

    /// <summary>Creates a machine and, unless told otherwise, starts it.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="idempotencyKey">The same key and request twice make one machine; a fresh key when left out.</param>
    /// <param name="cancellation">Stops the request.</param>
    public Task<Operation> LaunchMachineAsync(LaunchRequest request, string? idempotencyKey = null, CancellationToken cancellation = default)
        => PostAsync<Operation>("/machines", request, cancellation, idempotencyKey);

    /// <summary>Changes memory, CPUs or disk of a stopped machine.</summary>
    public Task<Operation> ResizeMachineAsync(string machine, EditMachineRequest request, CancellationToken cancellation = default)
        => PatchAsync<Operation>($"/machines/{Segment(machine)}", request, cancellation);

    /// <summary>Asks the agent in a machine's guest whether it answers now.</summary>
    public Task<AgentAnswer> AskAgentAsync(string machine, CancellationToken cancellation = default)
        => GetAsync<AgentAnswer>($"/machines/{Segment(machine)}/agent", cancellation);

    /// <summary>Puts off what would happen to a machine by itself.</summary>
    public Task<Machine> KeepMachineAsync(string machine, KeepRequest request, CancellationToken cancellation = default)
        => PostAsync<Machine>($"/machines/{Segment(machine)}/keep", request, cancellation);

    /// <summary>Removes a machine and its disks.</summary>
    public Task<Operation> DeleteMachineAsync(string machine, CancellationToken cancellation = default)
        => DeleteAsync<Operation>($"/machines/{Segment(machine)}", cancellation);

    /// <summary>Switches a machine on; a suspended one goes on where it stood.</summary>
    public Task<Operation> StartMachineAsync(string machine, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/start", null, cancellation);

    /// <summary>Shuts a machine down, or switches it off; a suspended one loses its memory.</summary>
    public Task<Operation> StopMachineAsync(string machine, StopRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/stop", request, cancellation);

    /// <summary>Shuts a machine down and starts it again.</summary>
    public Task<Operation> RestartMachineAsync(string machine, StopRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/restart", request, cancellation);

    /// <summary>Puts the public parts of SSH keys into an existing machine.</summary>
    public Task<Operation> InjectKeysAsync(string machine, InjectKeysRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/keys", request, cancellation);

    /// <summary>Says which host would take a launch, and why; changes nothing.</summary>
    public Task<Placement> PlaceMachineAsync(LaunchRequest request, CancellationToken cancellation = default)
        => PostAsync<Placement>("/machines/placement", request, cancellation);

    /// <summary>Halts a machine's CPUs, or lets them run again; a suspended machine is started by the latter.</summary>
    public Task<Operation> PauseMachineAsync(string machine, bool on, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/{(on ? "pause" : "resume")}", null, cancellation);

    /// <summary>Writes a machine's memory to disk and ends it; a start goes on from there.</summary>
    public Task<Operation> SuspendMachineAsync(string machine, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/suspend", null, cancellation);

    /// <summary>Makes a machine start with its host, or not.</summary>
    public Task<Operation> SetAutostartAsync(string machine, bool on, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/autostart", new AutostartRequest { On = on }, cancellation);

    /// <summary>Moves a running machine to another host.</summary>
    public Task<Operation> MigrateMachineAsync(string machine, string host, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/migrate", new MigrateRequest { Host = host }, cancellation);

    /// <summary>Makes a new machine from the disks of a stopped one.</summary>
    public Task<Operation> CloneMachineAsync(string machine, CloneRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/clone", request, cancellation);

    /// <summary>How far the guest has come, now.</summary>
    public async Task<Readiness> GetReadinessAsync(string machine, CancellationToken cancellation = default)
        => await SendAsync<Readiness>(() => Stream($"/machines/{Segment(machine)}/readiness", "application/json"), cancellation);

    /// <summary>
    /// How far the guest has come, told anew at each stage, until the guest has come all the way up or the machine is off or
    /// gone. Goes on over broken connections.
    /// </summary>
    public async IAsyncEnumerable<Readiness> WatchReadinessAsync(string machine, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var path = $"/machines/{Segment(machine)}/readiness";
        await foreach (var item in KeepReadingAsync<Readiness>(path, null, IsLast, cancellation))
        {
            if (item.Type is "readiness") yield return item.Data!;
        }

        static bool IsLast(StreamItem<Readiness> item)
            => item.Type is "end" or "off" or "gone";
    }

    /// <summary>The guest's serial log.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="follow">Go on with what is written from now on, until cancelled or the machine is deleted.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The bytes as the guest wrote them; whoever calls disposes of it.</returns>
    public async Task<Stream> OpenLogAsync(string machine, bool follow = false, CancellationToken cancellation = default)
    {
        using var request = Stream($"/machines/{Segment(machine)}/logs?follow={(follow ? "true" : "false")}", "text/plain");
        var response = await OpenAsync(request, cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }
}
