using System.Text.Json;

namespace Warren.Server.Pools;

/// <summary>The last few measured times of a pool, in milliseconds, as they stand in its row.</summary>
internal static class Measures
{
    /// <summary>Enough for a 99th percentile that is one of several.</summary>
    private const int Kept = 400;

    public static string Add(string ring, IEnumerable<int> measured)
    {
        List<int> all = [.. Read(ring), .. measured];
        return JsonSerializer.Serialize(all.Count > Kept ? all[^Kept..] : all);
    }

    /// <summary>The nearest-rank percentile, or null when nothing was measured.</summary>
    public static int? Percentile(string ring, int percent)
    {
        var all = Read(ring);
        if (all.Count == 0) return null;
        all.Sort();
        return all[Math.Max(0, (int)Math.Ceiling(all.Count * percent / 100.0) - 1)];
    }

    private static List<int> Read(string ring) => JsonSerializer.Deserialize<List<int>>(ring)!;
}
