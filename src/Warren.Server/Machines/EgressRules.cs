using Warren.Hypervisors;

namespace Warren.Server.Machines;

/// <summary>Lists of destinations as people write them.</summary>
internal static class EgressRules
{
    /// <summary>What is wrong with a list, or null.</summary>
    public static string? Mistake(IReadOnlyList<string> entries)
    {
        if (entries.Count > GuestDestination.Most) return $"at most {GuestDestination.Most}";
        foreach (var entry in entries)
        {
            if (GuestDestination.Read(entry) is not { } destination) return $"each like {GuestDestination.Shape}";
            if (destination.IsInside) return $"{destination} is private, link-local, a cloud's metadata or else no address of the outside; networkMode internet keeps that closed, listed or not";
        }

        return null;
    }

    /// <summary>The one way to write it; what is no entry is left as it is, and was refused.</summary>
    public static IReadOnlyList<string> Canonical(IReadOnlyList<string> entries) => [.. entries.Select(e => GuestDestination.Read(e)?.ToString() ?? e).Distinct(StringComparer.Ordinal)];
}
