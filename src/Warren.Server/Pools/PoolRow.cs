using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Pools;

/// <summary>
/// A pool: what was stated of it, and what it has done. The version rises with the former; the rest is written past it, so
/// that a claim never makes an If-Match fail.
/// </summary>
internal sealed class PoolRow : IEventSource, IVersioned
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>A <see cref="LaunchRequest"/> without name.</summary>
    public required string MachineJson { get; set; }

    public PoolKind Kind { get; set; }
    public ReadinessRung ReadyWhen { get; set; }
    public int Target { get; set; }
    public int Min { get; set; }
    public int Max { get; set; }
    public int? MaxAgeSeconds { get; set; }
    public int LeaseSeconds { get; set; }
    public int LeaseMaximumSeconds { get; set; }
    public PoolState State { get; set; }

    /// <summary>Why the last launch failed.</summary>
    public string? ProblemJson { get; set; }

    /// <summary>Launches that failed in a row.</summary>
    public int Failures { get; set; }

    /// <summary>No launch before this.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    /// <summary>Its lack of spares was told. True in the beginning, when there is none yet.</summary>
    public bool Low { get; set; } = true;

    public long Hits { get; set; }
    public long Misses { get; set; }
    public long Refused { get; set; }
    public string WaitsJson { get; set; } = "[]";
    public string FillsJson { get; set; } = "[]";

    /// <summary>Raised to lock the row while its machines are counted.</summary>
    public long Turns { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public int Version { get; set; }

    string IEventSource.EventSubject => "pool";

    public LaunchRequest Machine
    {
        get => JsonSerializer.Deserialize<LaunchRequest>(MachineJson, WarrenJson.Options)!;
        set => MachineJson = JsonSerializer.Serialize(value, WarrenJson.Options);
    }
}
