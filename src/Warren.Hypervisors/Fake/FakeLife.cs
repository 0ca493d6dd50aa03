using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>Pause and continue.</summary>
internal sealed class FakePower(FakeHypervisor host) : IPower
{
    /// <inheritdoc/>
    public Task PauseAsync(string machineId, CancellationToken cancellation) =>
        host.ChangeAsync("Pause", machineId, machine => machine.Paused(), cancellation);

    /// <inheritdoc/>
    public Task ResumeAsync(string machineId, CancellationToken cancellation) =>
        host.ChangeAsync("Resume", machineId, machine => machine.Resumed(), cancellation);
}

/// <summary>Suspend to disk: the files stay, as all else does.</summary>
internal sealed class FakeSuspend(FakeHypervisor host) : ISuspend
{
    /// <inheritdoc/>
    public Task SuspendAsync(string machineId, CancellationToken cancellation) => host.ChangeAsync("Suspend", machineId, machine =>
    {
        SuspendRules.Check(machine.Definition);
        return machine.Suspended();
    }, cancellation);
}

/// <summary>Change of the definition of a stopped machine.</summary>
internal sealed class FakeResize(FakeHypervisor host) : IResize
{
    /// <inheritdoc/>
    public Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        return host.ChangeAsync("Resize", definition.Id, machine =>
        {
            if (machine.Unless("resized").Runs)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
            if (definition.DiskGiB < machine.Definition.DiskGiB)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"diskGiB cannot shrink: the disk has {machine.Definition.DiskGiB} GiB");
            return machine with { Definition = definition };
        }, cancellation);
    }
}

/// <summary>A note whether the machine starts with its host, which starts again only when it is told to.</summary>
internal sealed class FakeAutostart(FakeHypervisor host) : IAutostart
{
    /// <inheritdoc/>
    public async Task<bool> GetAsync(string machineId, CancellationToken cancellation) =>
        (await host.LookAsync("GetAutostart", machineId, cancellation)).Autostart;

    /// <inheritdoc/>
    public Task SetAsync(string machineId, bool on, CancellationToken cancellation) =>
        host.ChangeAsync("SetAutostart", machineId, machine => machine with { Autostart = on }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListDueAsync(CancellationToken cancellation) => host.RunAsync<IReadOnlyList<string>>("ListDueAutostart", null, state =>
        [.. state.All().Where(m => m is { Foreign: false, Autostart: true, WentDownWithHost: true, Runs: false }).Select(m => m.Definition.Id)], cancellation);
}

/// <summary>Addresses made from the id: always the same, in the range of the machine's network.</summary>
internal sealed class FakeAddresses(FakeHypervisor host, FakeOptions options, TimeProvider clock) : IAddresses
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return host.RunAsync<IReadOnlyList<string>>("ListAddresses", machineId, state =>
        {
            var machine = state.Require(machineId);
            if (!machine.Runs || clock.GetUtcNow() < machine.StartedAt + options.AgentAfter) return [];
            var mark = SHA256.HashData(Encoding.UTF8.GetBytes(machineId));
            var network = machine.Definition.Network is { } name ? FakeNetworks.Find(state.Store, name) : null;
            // The part for hosts of a /24; 0, 1 and 255 are never a guest's.
            var last = 2 + (mark[0] % 253);
            var range = network?.Range ?? "10.0.2.0/24";
            var four = IPNetwork.Parse(range).BaseAddress.GetAddressBytes();
            return
            [
                string.Create(CultureInfo.InvariantCulture, $"{four[0]}.{four[1]}.{four[2]}.{last}"),
                string.Create(CultureInfo.InvariantCulture, $"fd00::{mark[0] + 2:x}"),
            ];
        }, cancellation);
    }
}
