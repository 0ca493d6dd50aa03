namespace Warren.Hypervisors.Fake;

/// <summary>The imitation, for demonstrations and for tests of everything above a driver.</summary>
public static class FakeKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "fake",
        Title = "Imitation",
        Summary = "An imitation that boots nothing and says so: for demonstrations and tests.",
        Settings =
        [
            new("delays", "How long a call takes, by name: delays:Start=00:00:00.5.") { Shape = SettingShape.Map },
            new("shutdownTakes", "How long a guest takes to shut down.") { Default = "00:00:00" },
            new("agentAfter", "How long after a start the agent answers.") { Default = "00:00:00" },
            new("memoryMiB", "Memory the host claims to have, in MiB.") { Default = "65536" },
            new("cpus", "Processors the host claims to have.") { Default = "16" },
        ],
        NamedNetworks = true,
        NetworkModes = true,
        EgressLists = true,
        NetworkLimits = true,
        DiskLimits = true,
        Connect = Connect,
    };

    private static FakeHypervisor Connect(HostConnection connection)
    {
        var defaults = new FakeOptions();
        return new FakeHypervisor(defaults with
        {
            Folder = connection.Folder,
            Delays = connection.Map("delays").ToDictionary(d => d.Key, d => connection.Time("delays:" + d.Key, TimeSpan.Zero), StringComparer.Ordinal),
            ShutdownTakes = connection.Time("shutdownTakes", defaults.ShutdownTakes),
            AgentAfter = connection.Time("agentAfter", defaults.AgentAfter),
            Capacity = defaults.Capacity with
            {
                MemoryMiB = connection.Number("memoryMiB", defaults.Capacity.MemoryMiB, 1, int.MaxValue),
                Cpus = (int)connection.Number("cpus", defaults.Capacity.Cpus, 1, 4096),
            },
        }, connection.Clock);
    }
}
