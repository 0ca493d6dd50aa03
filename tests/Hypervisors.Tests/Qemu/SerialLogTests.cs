using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>A log that is cut while it is written and read.</summary>
public sealed class SerialLogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("warren-log-").FullName;
    private readonly MachineFolder _folder;
    private readonly SerialLogFiles _logs;

    public SerialLogTests()
    {
        (_folder, _logs) = (new MachineFolder(_root, "a1"), new SerialLogFiles(_root));
        _folder.Make();
        File.WriteAllText(_folder.Definition, "{}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_is_cut_while_it_is_written_and_read_keeps_every_byte_in_its_place_and_takes_little_room()
    {
        const long Length = 60L << 20;
        using var early = await _logs.OpenAsync("a1", default);
        (early.Start, early.End, early.IsFormer).ShouldBe((0, 0, false));
        // As QEMU does with logappend=on.
        await using var writer = new FileStream(_folder.SerialLog, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        var writing = Task.Run(async () =>
        {
            for (long at = 0; at < Length; at += 1 << 16)
            {
                writer.Write(Piece(at, 1 << 16));
                writer.Flush();
                if (at % (4 << 20) == 0) await Task.Yield();
            }
        });
        early.IsFormer.ShouldBeTrue("there is one now");
        using var log = await _logs.OpenAsync("a1", default);
        var (place, read, buffer) = (0L, 0L, new byte[50_000]);
        while (place < Length)
        {
            await _logs.TrimAsync("a1", default);
            var expected = place;
            var count = log.Read(ref place, buffer);
            place.ShouldBeGreaterThanOrEqualTo(expected);
            buffer.AsSpan(0, count).SequenceEqual(Piece(place, count)).ShouldBeTrue($"at {place}");
            (place, read) = (place + count, read + count);
        }

        await writing;
        await _logs.TrimAsync("a1", default);
        log.End.ShouldBe(Length);
        log.Start.ShouldBeInRange(Length - SerialLogFiles.Kept - SerialLogFiles.Slack, Length - SerialLogFiles.Kept);
        long behind = 5;
        log.Read(ref behind, buffer).ShouldBe(buffer.Length);
        behind.ShouldBe(log.Start);
        buffer.AsSpan().SequenceEqual(Piece(behind, buffer.Length)).ShouldBeTrue();
        await using var whole = new KeptLogStream(await _logs.OpenAsync("a1", default));
        whole.Length.ShouldBe(Length - log.Start);
        whole.Seek(-10, SeekOrigin.End);
        (await whole.ReadAsync(buffer, TestContext.Current.CancellationToken)).ShouldBe(10);
        buffer.AsSpan(0, 10).SequenceEqual(Piece(Length - 10, 10)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_log_that_is_set_aside_has_a_successor_of_another_name()
    {
        File.WriteAllText(_folder.SerialLog, "old");
        using var log = await _logs.OpenAsync("a1", default);
        File.Move(_folder.SerialLog, _folder.SerialLog + ".1");
        log.IsFormer.ShouldBeTrue();
        long at = 99;
        log.Read(ref at, new byte[10]).ShouldBe(0);
        at.ShouldBe(3, "there is no such place");
        using var next = await _logs.OpenAsync("a1", default);
        next.Id.ShouldNotBe(log.Id);
        (await Should.ThrowAsync<HypervisorException>(async () => await _logs.OpenAsync("a2", default))).Kind.ShouldBe(HypervisorErrorKind.NotFound);
        await _logs.TrimAsync("a2", default);
    }

    private static byte[] Piece(long at, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)(1 + (at + i) * 7 % 251);
        return bytes;
    }
}
