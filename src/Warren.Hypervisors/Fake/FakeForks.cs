using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>Warm images as a running machine's files; forks that go on with them.</summary>
internal sealed class FakeForks(FakeHypervisor host, FakeGuest guest) : IForks
{
    /// <summary>With a hyphen: no machine's key.</summary>
    private const string Prefix = "warm-";

    /// <inheritdoc/>
    public Task FreezeAsync(string machineId, string warmImageId, IReadOnlyList<MachineDefinition>? ahead, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        DefinitionRules.CheckId(warmImageId);
        return host.RunAsync("Freeze", machineId, state =>
        {
            if (state.Store.Find<FakeWarmImage>(Prefix + warmImageId) is not null) return;
            var machine = state.Require(machineId);
            if (!machine.Unless("forked").Runs) throw Rejected($"machine {machineId} is off: there is no memory to freeze");
            state.Store.Put(Prefix + warmImageId, new FakeWarmImage(machine.Definition, machine.Files));
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation) => host.RunAsync<IReadOnlyList<string>>("ListWarmImages", null, state =>
        [.. state.Store.Keys().Where(k => k.StartsWith(Prefix, StringComparison.Ordinal)).Select(k => k[Prefix.Length..])], cancellation);

    /// <inheritdoc/>
    public Task ForkAsync(string warmImageId, MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(warmImageId);
        DefinitionRules.Check(definition, FakeKind.Kind);
        return host.RunAsync("Fork", definition.Id, state =>
        {
            if (state.Find(definition.Id)?.Unless("forked anew") is { Runs: true }) return;
            var warm = state.Store.Find<FakeWarmImage>(Prefix + warmImageId)
                ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no warm image {warmImageId} on this host");
            InsistOnLikeness(warm.Definition, definition);
            state.Check(definition);
            state.InsistOnFreePorts(definition);
            state.Put(new FakeMachine { Definition = definition, Files = warm.Files }.Started(state.Now, definition, FakeState.NextProcess()));
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task RenewAsync(MachineDefinition definition, ForkIdentity identity, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        return host.ChangeAsync("Renew", definition.Id, machine =>
        {
            guest.InsistOnAgent(machine);
            if (machine.Renewed) return machine;
            var files = new Dictionary<string, byte[]>(machine.Files, StringComparer.Ordinal)
            {
                ["/proc/sys/kernel/hostname"] = Line(definition.Name),
                ["/sys/class/net/eth0/address"] = Line(definition.MacAddress),
                ["/etc/machine-id"] = Line(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))),
            };
            if (identity.AuthorizedKeys.Count > 0) files[FakeGuest.KeysOf(identity.User)] = Line(string.Join('\n', identity.AuthorizedKeys));
            if (identity.Script is { } script && new FakeShell(files).Run(script) is { ExitCode: not 0 } failed)
                throw Rejected($"the script ended with {failed.ExitCode}: {Encoding.UTF8.GetString(failed.Output)}");
            return machine with { Files = files, Renewed = true };
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string warmImageId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(warmImageId);
        return host.RunAsync("DeleteWarmImage", warmImageId, state => state.Store.Remove(Prefix + warmImageId), cancellation);
    }

    private static void InsistOnLikeness(MachineDefinition warm, MachineDefinition asked)
    {
        if (asked.MemoryMiB != warm.MemoryMiB) throw Rejected($"memoryMiB must be the warm image's: {warm.MemoryMiB}");
        if (asked.Cpus != warm.Cpus) throw Rejected($"cpus must be the warm image's: {warm.Cpus}");
        if (asked.Firmware != warm.Firmware || asked.Video != warm.Video || asked.DataDisks.Count != warm.DataDisks.Count)
            throw Rejected("firmware, video and dataDisks must be the warm image's");
    }

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + "\n");

    private static HypervisorException Rejected(string message) => new(HypervisorErrorKind.Rejected, message);
}

/// <summary>A warm image of the imitation.</summary>
/// <param name="Definition">What the machine was made from.</param>
/// <param name="Files">The guest's files at that moment.</param>
internal sealed record FakeWarmImage(MachineDefinition Definition, IReadOnlyDictionary<string, byte[]> Files);
