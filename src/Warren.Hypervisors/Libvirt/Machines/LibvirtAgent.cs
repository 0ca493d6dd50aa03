using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>The guest's agent through the daemon, which keeps the channel and its order.</summary>
internal sealed class LibvirtAgent(HostLine line, LibvirtOptions options) : IAgentLine
{
    private const int FromQemu = 10;

    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<JsonNode?> AskAsync(
        string machineId, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null) request["arguments"] = arguments.DeepClone();
        var seconds = Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));
        var answer = await line.CallAsync((connection, _) =>
        {
            using var domain = Domains.RequireRunning(connection, machineId);
            var text = LibVirt.DomainQemuAgentCommand(domain.Handle, request.ToJsonString(), seconds, 0);
            if (text != 0) return VirError.Take(text);
            var failure = VirError.Last();
            // libvirt unwraps the agent's own refusals: its driver for QEMU reports them without a number of their own.
            throw failure is { Code: VirError.InternalError, From: FromQemu } ? new GuestAgentRefusal("", failure.Message) : failure;
        }, limit + options.Limit, cancellation);
        try
        {
            return JsonNode.Parse(answer)?["return"];
        }
        catch (JsonException e)
        {
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {machineId} does not answer in JSON", e);
        }
    }

    /// <summary>Asks the agent to shut down; it has no answer when it does. A silent agent is fine: the power button was pressed.</summary>
    internal async Task TellShutdownAsync(string machineId, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(machineId, "guest-shutdown", new JsonObject { ["mode"] = "powerdown" }, s_shutdown, cancellation);
        }
        catch (Exception e) when (e is HypervisorException or GuestAgentRefusal)
        {
            // As expected.
        }
    }
}
