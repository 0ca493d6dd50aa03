namespace Warren.Contracts;

/// <summary>Why a machine is where it is, or where it would go.</summary>
public sealed record Placement
{
    /// <summary>The chosen host; absent when none takes it.</summary>
    public string? Host { get; init; }

    /// <summary>Why that one.</summary>
    public string? Why { get; init; }

    /// <summary>Every host and what speaks against it.</summary>
    public IReadOnlyList<HostVerdict> Hosts { get; init; } = [];
}

/// <summary>What a host says to a launch.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Fits">It could take the machine.</param>
/// <param name="Reasons">Why it cannot, or why another was preferred; empty for the chosen one.</param>
public sealed record HostVerdict(string Host, bool Fits, IReadOnlyList<string> Reasons);
