using System.Security.Cryptography;

namespace Warren.Soak.Tests;

/// <summary>How long a campaign is, and the chance it takes: a short slice by default, in full with WARREN_SOAK=full.</summary>
internal static class Campaign
{
    public static bool IsFull => Environment.GetEnvironmentVariable("WARREN_SOAK") == "full";

    /// <summary>From WARREN_SOAK_SEED, to run a campaign again, else a new one. Always printed.</summary>
    public static ulong Seed()
    {
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("WARREN_SOAK_SEED"), out var given)
            ? given : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        TestContext.Current.TestOutputHelper?.WriteLine($"WARREN_SOAK_SEED={seed}");
        return seed;
    }

    public static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
