namespace Warren.Server.Tests.Hosting;

/// <summary>A clock whose time of day is moved by the test; timers and timestamps are the system's.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _offset;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Volatile.Read(ref _offset));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);
}
