using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>A machine of the imitation: everything that a restart must find again.</summary>
internal sealed record FakeMachine
{
    /// <summary>What comes before the name in a foreign machine's key.</summary>
    internal const string ForeignPrefix = "foreign-";

    private const int LongestLog = 64 * 1024;

    /// <summary>What it was made from.</summary>
    public required MachineDefinition Definition { get; init; }

    /// <summary>Its name on the host; its id when null.</summary>
    public string? NativeName { get; init; }

    /// <summary>It carries no mark of ours.</summary>
    public bool Foreign { get; init; }

    /// <summary>Power, never Missing.</summary>
    public ObservedPower Power { get; init; } = ObservedPower.Off;

    /// <summary>When it was last started, by the clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the guest will have shut down, once asked to.</summary>
    public DateTimeOffset? DownAt { get; init; }

    /// <summary>A number in the place of a process id, new at each start.</summary>
    public int ProcessId { get; init; }

    /// <summary>It starts with its host.</summary>
    public bool Autostart { get; init; }

    /// <summary>It ran when its host went down, and has not been started or ended since.</summary>
    public bool WentDownWithHost { get; init; }

    /// <summary>Files written in the guest; gone with an ephemeral machine's stop.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; init; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>The end of what the guest wrote on its serial line.</summary>
    public byte[] SerialLog { get; init; } = [];

    /// <summary>Bytes that were written before that.</summary>
    public long SerialForgotten { get; init; }

    /// <summary>Its snapshots, parents before children.</summary>
    public IReadOnlyList<FakeSnapshot> Snapshots { get; init; } = [];

    /// <summary>The snapshot the next one will be a child of.</summary>
    public string? CurrentSnapshot { get; init; }

    /// <summary>A fork that has been given an identity of its own.</summary>
    public bool Renewed { get; init; }

    /// <summary>Whether it is in memory.</summary>
    internal bool Runs => Power is ObservedPower.On or ObservedPower.Paused;

    /// <summary>Whether its memory is kept.</summary>
    internal bool IsSuspended => Power is ObservedPower.Suspended;

    /// <summary>Its key in the store.</summary>
    internal string Key => Foreign ? KeyOfForeign(NativeName!) : Definition.Id;

    /// <summary>The key of a foreign machine: any name may be one.</summary>
    internal static string KeyOfForeign(string nativeName) => ForeignPrefix + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(nativeName));

    /// <summary>The machine as it is at a time: a guest that was asked to shut down is off once its time has come.</summary>
    internal FakeMachine At(DateTimeOffset now) => Power == ObservedPower.On && DownAt <= now ? Stopped() : this;

    internal FakeMachine Started(DateTimeOffset now, MachineDefinition definition, int processId) =>
        (this with { Definition = definition, Power = ObservedPower.On, StartedAt = now, DownAt = null, ProcessId = processId, WentDownWithHost = false })
        .Writing(Encoding.UTF8.GetBytes($"{definition.Name}: imitation, nothing boots here\n"));

    internal FakeMachine Stopped() => this with
    {
        Power = ObservedPower.Off,
        StartedAt = null,
        DownAt = null,
        ProcessId = 0,
        WentDownWithHost = false,
        Files = Definition.Ephemeral ? new Dictionary<string, byte[]>(StringComparer.Ordinal) : Files,
    };

    /// <summary>With more text on its serial line.</summary>
    internal FakeMachine Writing(ReadOnlySpan<byte> text)
    {
        byte[] all = [.. SerialLog, .. text];
        var over = Math.Max(0, all.Length - LongestLog);
        return this with { SerialLog = all[over..], SerialForgotten = SerialForgotten + over };
    }

    internal FakeMachine Paused() => Running("paused") with { Power = ObservedPower.Paused };

    internal FakeMachine Suspended() => IsSuspended ? this : Running("suspended") with { Power = ObservedPower.Suspended, StartedAt = null, DownAt = null, ProcessId = 0 };

    /// <summary>The machine, unless its memory is kept: then nothing may change that the memory knows of.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal FakeMachine Unless(string verb) => IsSuspended ? throw SuspendRules.Refusal(Definition.Id, verb) : this;

    internal FakeMachine Resumed() => Running("resumed") with { Power = ObservedPower.On };

    private FakeMachine Running(string verb) => Runs
        ? this
        : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {Definition.Id} does not run and cannot be {verb}");
}

/// <summary>A snapshot of the imitation.</summary>
/// <param name="Id">Our id.</param>
/// <param name="ParentId">The snapshot it was taken on, or null.</param>
/// <param name="CreatedAt">When, by the clock.</param>
/// <param name="Memory">Whether the machine ran on from here.</param>
/// <param name="Files">The guest's files.</param>
internal sealed record FakeSnapshot(
    string Id, string? ParentId, DateTimeOffset CreatedAt, bool Memory, IReadOnlyDictionary<string, byte[]> Files);
