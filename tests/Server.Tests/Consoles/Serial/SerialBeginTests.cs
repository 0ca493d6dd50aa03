using System.Text;
using Warren.Hypervisors;
using Warren.Server.Consoles.Serial;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>Where a terminal begins, and what the end of a log keeps.</summary>
public sealed class SerialBeginTests
{
    [Theory]
    [InlineData(null, null, 0, 35, null)] // Now.
    [InlineData(null, null, 100, 0, null)] // All there is.
    [InlineData(null, null, 30, 6, null)] // "e\nsecond…": the next line.
    [InlineData(null, null, 29, 6, null)] // Exactly a line's beginning.
    [InlineData(null, null, 5, 32, null)] // No line any more, and in the middle of a letter.
    [InlineData(12L, "log-0", 100, 12, 0L)]
    [InlineData(12L, null, 100, 12, 0L)]
    [InlineData(35L, "log-0", 100, 35, 0L)]
    [InlineData(36L, "log-0", 29, 6, null)] // There is no such place.
    [InlineData(12L, "another", 29, 6, null)]
    public async Task It_begins_where_it_was_or_with_a_line(long? from, string? id, int tail, long at, long? missed)
    {
        var guest = new ScriptedGuest(kept: true);
        await guest.WriteAsync(Encoding.UTF8.GetBytes("line \nsecond and äöü\nthird€€"));
        guest.Log.Length.ShouldBe(35);
        using var log = await ((IKeptLogs)guest).OpenAsync("m", default);
        new SerialBegin(from, id, tail).In(log, null).ShouldBe((at, missed));
    }

    [Fact]
    public async Task What_is_forgotten_is_counted()
    {
        var guest = new ScriptedGuest(kept: true);
        await guest.WriteAsync(new byte[100]);
        guest.Forget(40);
        using var log = await ((IKeptLogs)guest).OpenAsync("m", default);
        new SerialBegin(10, "log-0", 0).In(log, null).ShouldBe((40, 30));
        new SerialBegin(50, "log-0", 0).In(log, null).ShouldBe((50, 0));
    }

    [Fact]
    public async Task The_memory_keeps_the_end_and_knows_a_log_that_has_grown()
    {
        var all = new byte[3 * SerialMemory.Size + 12345];
        for (var i = 0; i < all.Length; i++) all[i] = (byte)(i * 31 + i / 251);
        var memory = new SerialMemory();
        foreach (var piece in all.Chunk(10_007)) memory.Append(piece);
        (memory.Start, memory.End).ShouldBe((all.Length - SerialMemory.Size, all.Length));
        memory.Tail(SerialMemory.Size).ShouldBe(all[^SerialMemory.Size..]);
        memory.Append(all);
        memory.Tail(5).ShouldBe(all[^5..]);

        var (shorter, longer, other) = (new SerialMemory(), new SerialMemory(), new SerialMemory());
        await shorter.RecallAsync(new MemoryStream(all[..300]), default);
        await longer.RecallAsync(new MemoryStream(all), default);
        await other.RecallAsync(new MemoryStream(all[1..]), default);
        (longer.Is(shorter.Id), longer.Is(longer.Id), shorter.Is(longer.Id), other.Is(longer.Id)).ShouldBe((true, true, false, false));
        longer.End.ShouldBe(all.Length);
        new SerialMemory().Is(new SerialMemory().Id).ShouldBeFalse();
    }
}
