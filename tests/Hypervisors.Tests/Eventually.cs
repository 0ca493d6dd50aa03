namespace Hypervisors.Tests;

/// <summary>Waiting on conditions, never on time.</summary>
internal static class Eventually
{
    internal static async Task TrueAsync(string what, Func<Task<bool>> condition, int seconds = 180)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await condition())
        {
            if (clock.GetElapsedTime(began) > TimeSpan.FromSeconds(seconds))
                throw new ShouldAssertException($"not within {seconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock);
        }
    }
}
