namespace EndToEnd.Tests.Running;

/// <summary>Waiting on conditions, never on time.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(string what, Func<Task<bool>> condition, int seconds = 180)
    {
        var clock = TimeProvider.System;
        var began = clock.GetTimestamp();
        while (!await condition())
        {
            if (clock.GetElapsedTime(began) > TimeSpan.FromSeconds(seconds))
                throw new ShouldAssertException($"not within {seconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock);
        }
    }

    public static Task TrueAsync(string what, Func<bool> condition, int seconds = 180) =>
        TrueAsync(what, () => Task.FromResult(condition()), seconds);
}
