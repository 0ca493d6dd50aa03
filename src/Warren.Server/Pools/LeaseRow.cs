using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Pools;

/// <summary>One claim on a spare. It stays a while after its end, to tell what was.</summary>
internal sealed class LeaseRow : IEventSource
{
    public required string Id { get; set; }
    public required string PoolId { get; set; }
    public required string PoolName { get; set; }
    public required string MachineId { get; set; }
    public required string MachineName { get; set; }
    public required string Host { get; set; }

    /// <summary>Who holds it.</summary>
    public required string OwnerId { get; set; }

    public required string ProjectId { get; set; }

    /// <summary>Its place in the queue; null when a spare was there at once.</summary>
    public long? Ticket { get; set; }

    public int WaitedMs { get; set; }
    public DateTimeOffset ClaimedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public LeaseEnd? Ended { get; set; }

    /// <summary>The Idempotency-Key of its claim.</summary>
    public string? ClaimKey { get; set; }

    /// <summary>What was asked for with that key.</summary>
    public string? ClaimHash { get; set; }

    /// <summary>It is in its pool's statistics.</summary>
    public bool Counted { get; set; }

    string IEventSource.EventSubject => "lease";

    public Lease ToContract(string holder) => new()
    {
        Id = Id,
        Pool = PoolName,
        MachineId = MachineId,
        MachineName = MachineName,
        Host = Host,
        Holder = holder,
        WaitedMs = WaitedMs,
        ClaimedAt = ClaimedAt,
        ExpiresAt = ExpiresAt,
        EndedAt = EndedAt,
        End = Ended,
    };
}

/// <summary>A claim that waits. Of those whose owners hold as many leases of the pool, the lowest number is first; the process that answers it keeps it alive.</summary>
internal sealed class TicketRow
{
    public long Id { get; set; }
    public required string PoolId { get; set; }

    /// <summary>Who claims.</summary>
    public required string OwnerId { get; set; }

    /// <summary>The process that answers it.</summary>
    public required string Holder { get; set; }
    public DateTimeOffset AliveUntil { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}
