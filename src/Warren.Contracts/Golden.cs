namespace Warren.Contracts;

/// <summary>What a golden image holds.</summary>
public enum GoldenImageKind
{
    /// <summary>The disks of a stopped machine: what is made from it boots.</summary>
    Disk,

    /// <summary>Memory, devices and disks of a running machine: what is made from it goes on from that moment.</summary>
    Warm,
}

/// <summary>Where a golden image is in its life.</summary>
public enum GoldenImageState
{
    /// <summary>The machine is being looked at.</summary>
    Building,

    /// <summary>The machine is being prepared: by the script, or by a person who marks the image ready; then it is frozen.</summary>
    Preparing,

    /// <summary>Machines can be made from it.</summary>
    Ready,

    /// <summary>Could not be made or removed; its problem says why.</summary>
    Failed,

    /// <summary>Being removed.</summary>
    Deleting,
}

/// <summary>An image made from a prepared machine: what forks start from. It stays on the machine's host.</summary>
public sealed record GoldenImage
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name; several versions share it.</summary>
    public required string Name { get; init; }

    /// <summary>Rises with each golden image of the name: <c>NAME@VERSION</c> names exactly one.</summary>
    public required int Version { get; init; }

    /// <summary>Name of the owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>Host that it is on; machines made from it run there.</summary>
    public required string Host { get; init; }

    /// <summary>Id of the machine it is made from, which may be gone.</summary>
    public required string MachineId { get; init; }

    /// <summary>Name that the machine had.</summary>
    public required string Machine { get; init; }

    /// <summary>Id of the golden image that the machine came from.</summary>
    public string? ParentId { get; init; }

    /// <summary>What it holds.</summary>
    public required GoldenImageKind Kind { get; init; }

    /// <summary>State.</summary>
    public required GoldenImageState State { get; init; }

    /// <summary>What its owner wrote about it.</summary>
    public string? Description { get; init; }

    /// <summary>Shell script that prepared the machine.</summary>
    public string? Prepare { get; init; }

    /// <summary>A person prepares the machine and marks the image ready.</summary>
    public bool MarkReadyByHand { get; init; }

    /// <summary>Image that the machine was made from, as it was named; absent for a machine that was adopted.</summary>
    public string? Image { get; init; }

    /// <summary>Resources and devices of the machines made from it.</summary>
    public required MachineSpec Spec { get; init; }

    /// <summary>Machines that were launched from it.</summary>
    public required int MachinesMade { get; init; }

    /// <summary>The operation under way on it, if any.</summary>
    public string? Operation { get; init; }

    /// <summary>Why it failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it became ready.</summary>
    public DateTimeOffset? ReadyAt { get; init; }
}

/// <summary>POST /golden-images.</summary>
public sealed record CreateGoldenImageRequest
{
    /// <summary>Name; the next version of it is made.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>Name or id of the machine it is made from.</summary>
    [Audited] public required string Machine { get; init; }

    /// <summary>What it holds: <c>disk</c> or <c>warm</c>.</summary>
    [Audited] public required GoldenImageKind Kind { get; init; }

    /// <summary>Shell script that prepares the machine; the guest's agent runs it as root. It may be run again after a crash.</summary>
    public string? Prepare { get; init; }

    /// <summary>Wait in state preparing until somebody marks it ready.</summary>
    [Audited] public bool MarkReadyByHand { get; init; }

    /// <summary>Anything worth knowing, up to 1000 characters.</summary>
    public string? Description { get; init; }
}

/// <summary>PATCH /golden-images/{goldenImage}; what is null stays.</summary>
public sealed record EditGoldenImageRequest
{
    /// <summary>New name; it becomes the next version of that.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>New description; empty for none.</summary>
    public string? Description { get; init; }
}

/// <summary>POST /machines/{machine}/fork: new machines that go on where a running one stands.</summary>
public sealed record ForkRequest
{
    /// <summary>Name of the one fork, or what comes before -1, -2, …; the machine's own name when left out.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>How many, 1 to 64.</summary>
    [Audited] public int Count { get; init; } = 1;

    /// <summary>Names of SSH keys that replace the machine's in the forks; its own stay when left out.</summary>
    [Audited] public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>A shell script that runs once in each fork, as root, when all else is done.</summary>
    public string? FirstBoot { get; init; }

    /// <summary>Seconds after which the forks are deleted by themselves.</summary>
    [Audited] public int? TtlSeconds { get; init; }
}
