using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// The container's terminal, which is the guest's first serial line, and its log, which the engine keeps. Lines that begin
/// with a sign such as <c>&gt;</c> or <c>❯</c> are the image's own.
/// </summary>
internal sealed class DockerSerial(EngineClient engine, MachineContainers containers) : ISerial
{
    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireRunningAsync(machineId, cancellation);
        return await engine.OpenAsync(
            new Request(HttpMethod.Post, $"/containers/{machine.NativeId}/attach?stream=1&stdin=1&stdout=1&stderr=1") { Upgrade = true }, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await containers.RequireAsync(machineId, cancellation);
        return await engine.OpenAsync(new Request(HttpMethod.Get, $"/containers/{machine.NativeId}/logs?stdout=1&stderr=1"), cancellation);
    }
}
