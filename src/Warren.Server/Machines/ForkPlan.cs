using Warren.Contracts;

namespace Warren.Server.Machines;

/// <summary>What a machine.fork is to make, and how far it has come.</summary>
internal sealed record ForkPlan
{
    /// <summary>The warm image that is there while the forks are made.</summary>
    public required string WarmImageId { get; init; }

    /// <summary>Public keys for the forks; none keeps the machine's.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    public string? FirstBoot { get; init; }

    public IReadOnlyList<ForkPart> Parts { get; init; } = [];

    /// <summary>Until when what may pass is waited for.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>For people: nothing when all was made, else each that was not, with the reason.</summary>
    public string? Told => Parts.Where(p => p.Problem is not null).ToList() is { Count: > 0 } failed
        ? $"{Parts.Count - failed.Count} of {Parts.Count} made. {string.Join(" ", failed.Select(p => $"{p.Name}: {(p.Problem!.Detail ?? p.Problem.Title).TrimEnd('.')}."))}" : null;
}

/// <summary>One fork.</summary>
/// <param name="Id">Id of its machine.</param>
/// <param name="Name">Name of its machine.</param>
/// <param name="Settled">It runs, or nothing of it is left.</param>
/// <param name="Problem">Why it cannot be made.</param>
internal sealed record ForkPart(string Id, string Name, bool Settled = false, Problem? Problem = null);
