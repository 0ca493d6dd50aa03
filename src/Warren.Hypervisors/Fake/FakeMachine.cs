namespace Warren.Hypervisors.Fake;

/// <summary>A machine of the imitation: everything that a restart must find again.</summary>
internal sealed record FakeMachine
{
    /// <summary>What it was made from.</summary>
    public required MachineDefinition Definition { get; init; }

    /// <summary>Power, never Missing.</summary>
    public ObservedPower Power { get; init; } = ObservedPower.Off;

    /// <summary>When it was last started, by the clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the guest will have shut down, once asked to.</summary>
    public DateTimeOffset? DownAt { get; init; }

    /// <summary>A number in the place of a process id, new at each start.</summary>
    public int ProcessId { get; init; }

    /// <summary>Files written in the guest; gone with an ephemeral machine's stop.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Whether it is in memory.</summary>
    internal bool Runs => Power is ObservedPower.On or ObservedPower.Paused;

    /// <summary>The machine as it is at a time: a guest that was asked to shut down is off once its time has come.</summary>
    internal FakeMachine At(DateTimeOffset now) => Power == ObservedPower.On && DownAt <= now ? Stopped() : this;

    internal FakeMachine Started(DateTimeOffset now, MachineDefinition definition, int processId) =>
        this with { Definition = definition, Power = ObservedPower.On, StartedAt = now, DownAt = null, ProcessId = processId };

    internal FakeMachine Stopped() => this with
    {
        Power = ObservedPower.Off,
        StartedAt = null,
        DownAt = null,
        ProcessId = 0,
        Files = Definition.Ephemeral ? new Dictionary<string, byte[]>(StringComparer.Ordinal) : Files,
    };

    internal FakeMachine Paused() => Running("paused") with { Power = ObservedPower.Paused };

    internal FakeMachine Resumed() => Running("resumed") with { Power = ObservedPower.On };

    private FakeMachine Running(string verb) => Runs
        ? this
        : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {Definition.Id} does not run and cannot be {verb}");
}
