using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker;

/// <summary>Pause and continue by the engine's freezer: QEMU and its web page stand still.</summary>
internal sealed class DockerPower(EngineClient engine, MachineContainers containers) : IPower
{
    /// <summary>runc gives up to freeze a container whose tasks come and go too fast (libcontainer, cgroups/fs/freezer.go), which another try mostly gets over.</summary>
    private const int Tries = 5;

    /// <inheritdoc/>
    public async Task PauseAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireRunningAsync(machineId, cancellation);
        if (machine.Power == ObservedPower.Paused) return;
        for (var left = Tries - 1; ; left--)
        {
            try
            {
                (await engine.PostAsync($"/containers/{machine.NativeId}/pause", null, cancellation)).Insist("pause");
                return;
            }
            catch (HypervisorException e) when (left > 0 && e.Message.Contains("unable to freeze", StringComparison.Ordinal))
            {
                // See above.
            }
        }
    }

    /// <inheritdoc/>
    public async Task ResumeAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireRunningAsync(machineId, cancellation);
        if (machine.Power != ObservedPower.Paused) return;
        (await engine.PostAsync($"/containers/{machine.NativeId}/unpause", null, cancellation)).Insist("resume");
    }
}

/// <summary>
/// Start with the engine by its restart policy <c>always</c> (docs.docker.com, "Start containers automatically"), which also
/// starts a guest again that shut itself down.
/// </summary>
internal sealed class DockerAutostart(EngineClient engine, MachineContainers containers) : IAutostart
{
    /// <inheritdoc/>
    public async Task<bool> GetAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return (await containers.RequireAsync(machineId, cancellation)).RestartPolicy is "always" or "unless-stopped";
    }

    /// <inheritdoc/>
    public async Task SetAsync(string machineId, bool on, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireAsync(machineId, cancellation);
        await SetPolicyAsync(engine, machine.NativeId, on ? "always" : "no", cancellation);
    }

    internal static async Task SetPolicyAsync(EngineClient engine, string nativeId, string policy, CancellationToken cancellation)
    {
        var body = new JsonObject { ["RestartPolicy"] = new JsonObject { ["Name"] = policy } };
        (await engine.PostAsync($"/containers/{nativeId}/update", body, cancellation)).Insist("autostart");
    }
}

/// <summary>
/// The container's addresses in the engine's networks. With NAT every port of them but the container's own leads to the
/// guest, in user mode those that are forwarded; they are reached from the engine's host.
/// </summary>
internal sealed class DockerAddresses(MachineContainers containers) : IAddresses
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireAsync(machineId, cancellation);
        return machine.Runs ? machine.Addresses : [];
    }
}
