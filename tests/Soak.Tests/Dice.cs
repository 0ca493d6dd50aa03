namespace Warren.Soak.Tests;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same seed, the same choices. Not for anything secret.</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Another dice for another actor.</summary>
    public Dice Fork() => new(Next());

    /// <summary>From 0 to <paramref name="sides"/> - 1.</summary>
    public int Roll(int sides) => (int)(Next() % (ulong)sides);

    public bool Chance(int percent) => Roll(100) < percent;

    public T Pick<T>(IReadOnlyList<T> from) => from[Roll(from.Count)];

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
