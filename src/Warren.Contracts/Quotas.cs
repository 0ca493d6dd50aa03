namespace Warren.Contracts;

/// <summary>
/// The most that a user or a project may have. In what is set, null means the server's default and <see cref="Unlimited"/> no limit;
/// in what applies, null means no limit.
/// </summary>
public sealed record Quotas
{
    /// <summary>No limit, whatever the server's default is.</summary>
    public const long Unlimited = -1;

    /// <summary>Machines, whether they are on or off, until they are deleted.</summary>
    [Audited] public long? Machines { get; init; }

    /// <summary>Machines that are on, starting, paused or stopping.</summary>
    [Audited] public long? RunningMachines { get; init; }

    /// <summary>Virtual CPUs of all machines.</summary>
    [Audited] public long? Cpus { get; init; }

    /// <summary>Memory of all machines, in MiB.</summary>
    [Audited] public long? MemoryMiB { get; init; }

    /// <summary>System disks and data disks of all machines, in GiB, as large as they may grow.</summary>
    [Audited] public long? DiskGiB { get; init; }

    /// <summary>Snapshots of all machines.</summary>
    [Audited] public long? Snapshots { get; init; }

    /// <summary>Images in the store and unfinished uploads, in bytes.</summary>
    [Audited] public long? ImageBytes { get; init; }

    /// <summary>Whether a user may have one running machine at a time only; of a project, one in that project.</summary>
    [Audited] public bool? OneRunningMachine { get; init; }
}

/// <summary>What a user or a project has, counted when it was asked for.</summary>
public sealed record QuotaUse
{
    /// <summary>Machines, whether they are on or off.</summary>
    public long Machines { get; init; }

    /// <summary>Machines that are on, starting, paused or stopping.</summary>
    public long RunningMachines { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public long Cpus { get; init; }

    /// <summary>Memory in MiB.</summary>
    public long MemoryMiB { get; init; }

    /// <summary>System disks and data disks in GiB.</summary>
    public long DiskGiB { get; init; }

    /// <summary>Snapshots.</summary>
    public long Snapshots { get; init; }

    /// <summary>Images and unfinished uploads in bytes.</summary>
    public long ImageBytes { get; init; }
}

/// <summary>What applies to a user or a project, and what they have.</summary>
public sealed record QuotaStanding
{
    /// <summary>Login name of the user, or name of the project.</summary>
    public required string Name { get; init; }

    /// <summary>What an administrator has set; null: the server's default.</summary>
    public required Quotas Set { get; init; }

    /// <summary>What applies; null: no limit.</summary>
    public required Quotas Limits { get; init; }

    /// <summary>What they have.</summary>
    public required QuotaUse Used { get; init; }
}

/// <summary>Whose quota it is.</summary>
public enum QuotaScope
{
    /// <summary>A user's, in all projects together.</summary>
    User,

    /// <summary>A project's, of all its members together.</summary>
    Project,
}

/// <summary>A quota that a request would exceed.</summary>
/// <param name="Field">Its name: <c>machines</c>, <c>memoryMiB</c>, ...</param>
/// <param name="Limit">The most that they may have.</param>
/// <param name="Used">What they have.</param>
/// <param name="Asked">What the request asks for in addition.</param>
/// <param name="Of">Whose kind of quota it is.</param>
/// <param name="Name">The user's or the project's name.</param>
public sealed record QuotaExcess(string Field, long Limit, long Used, long Asked, QuotaScope Of, string Name);

/// <summary>The machine that runs already, where only one may.</summary>
/// <param name="Id">Id.</param>
/// <param name="Name">Name.</param>
/// <param name="Project">Name of its project.</param>
/// <param name="Url">Address of its page, with its screen.</param>
public sealed record RunningMachine(string Id, string Name, string Project, string Url);
