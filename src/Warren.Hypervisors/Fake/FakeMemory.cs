namespace Warren.Hypervisors.Fake;

/// <summary>Memory of a host where a machine takes half of what it was promised, unless tests have it otherwise.</summary>
public sealed class FakeMemory : IMemoryUse
{
    private readonly FakeHypervisor _host;
    private readonly FakeOptions _options;

    internal FakeMemory(FakeHypervisor host, FakeOptions options) => (_host, _options) = (host, options);

    /// <summary>What others than machines take, in MiB.</summary>
    public long OthersMiB { get; set; }

    /// <inheritdoc/>
    public Task<HostMemory> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation) => _host.RunAsync("LookMemory", null, state =>
    {
        var running = state.All().Where(m => m.Runs).ToDictionary(m => m.Definition.Id, m => m.Definition.MemoryMiB / 2, StringComparer.Ordinal);
        return new HostMemory(
            Math.Max(0, _options.Capacity.MemoryMiB - OthersMiB - running.Values.Sum()),
            machineIds.Where(running.ContainsKey).ToDictionary(id => id, id => new MachineMemory(running[id], running[id]), StringComparer.Ordinal));
    }, cancellation);
}
