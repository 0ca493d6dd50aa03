using Warren.Server.Consoles.Recordings;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Recordings;

/// <summary>What a recording's file shows at any time is what the screen showed then, however the file ends and however one goes there.</summary>
public sealed class RecordingFileTests : IDisposable
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-recording-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    public void At_any_time_it_shows_what_the_screen_showed(int seed, bool closed)
    {
        var dice = new Dice(seed == 0 ? Campaign.Seed() : (ulong)seed);
        var (path, frames) = Record(dice, Campaign.IsFull ? 3000 : 300, closed);
        using var reader = RecordingReader.Open(path);
        (reader.StartedAt, reader.IsClosed, reader.Duration).ShouldBe((s_start, closed, frames[^1].At));
        reader.Marks.Count(m => m.Kind == RecordKind.Keyframe).ShouldBeGreaterThan(3, "a seek has somewhere to begin");
        // On and on, and then to anywhere from anywhere.
        foreach (var (at, frame) in frames)
        {
            reader.Seek(at);
            Frame.Of(reader.Picture!, reader.Cursor).ShouldBe(frame, $"at {at}");
        }

        for (var i = 0; i < 300; i++)
        {
            var at = TimeSpan.FromMicroseconds(dice.Roll((int)frames[^1].At.TotalMicroseconds + 1_000_000));
            var shown = frames.LastOrDefault(f => f.At <= at, frames[0]);
            reader.Seek(at);
            Frame.Of(reader.Picture!, reader.Cursor).ShouldBe(shown.Frame, $"at {at}, from anywhere");
        }
    }

    [Fact]
    public void Torn_anywhere_it_opens_shows_a_part_from_its_beginning_and_can_be_gone_on_with()
    {
        var dice = new Dice(Campaign.Seed());
        var (path, frames) = Record(dice, 12, closed: true);
        var whole = File.ReadAllBytes(path);
        var torn = Path.Combine(_folder, "torn");
        var (step, last) = (Math.Max(1, whole.Length / 500), TimeSpan.Zero);
        // Every byte of the end, where the index is and the last records are; before it, some.
        var cuts = Enumerable.Range(0, whole.Length - 32).Where(i => i % step == 0 || i > whole.Length - 32 - 1500).Select(i => i + 32);
        foreach (var length in cuts)
        {
            File.WriteAllBytes(torn, whole[..length]);
            using (var reader = RecordingReader.Open(torn))
            {
                (reader.Duration >= last).ShouldBeTrue("more of the file is no less of the recording");
                last = reader.Duration;
                reader.Seek(reader.Duration);
                if (reader.Picture is null) continue;
                Frame.Of(reader.Picture, reader.Cursor).ShouldBe(frames.Last(f => f.At <= reader.Duration).Frame, $"cut to {length} of {whole.Length} bytes");
            }

            if (length % 7 > 0) continue;
            using (var writer = RecordingWriter.Reopen(torn))
            {
                writer.Duration.ShouldBe(last);
                writer.Gap("cut", last);
                writer.Finish(last + TimeSpan.FromSeconds(5));
            }

            using var again = RecordingReader.Open(torn);
            (again.IsClosed, again.Duration).ShouldBe((true, last + TimeSpan.FromSeconds(5)));
            again.Seek(again.Duration);
            again.Why.ShouldBe("cut");
            again.Gaps.ShouldBe([(last, last + TimeSpan.FromSeconds(5))]);
        }

        last.ShouldBe(frames[^1].At);
    }

    [Fact]
    public void A_file_that_is_being_written_is_read_as_far_as_it_is()
    {
        var painted = new Painted(new Dice(Campaign.Seed()));
        var path = Path.Combine(_folder, "live");
        var copy = new ScreenCopy(painted.Shadow);
        using var writer = RecordingWriter.Create(path, s_start);
        using var reader = RecordingReader.Open(path);
        for (var i = 1; i < 50; i++)
        {
            painted.Change();
            Write(writer, copy, TimeSpan.FromMilliseconds(i * 100));
            reader.Refresh();
            reader.Seek(TimeSpan.MaxValue);
            Frame.Of(reader.Picture!, reader.Cursor).ShouldBe(painted.Frame, $"after change {i}");
        }

        writer.Finish(TimeSpan.FromSeconds(9));
        reader.Refresh();
        (reader.IsClosed, reader.Duration).ShouldBe((true, TimeSpan.FromSeconds(9)));
    }

    [Fact]
    public void A_record_that_is_damaged_costs_what_follows_it_until_the_next_keyframe()
    {
        var dice = new Dice(Campaign.Seed());
        var (path, frames) = Record(dice, 200, closed: true);
        List<RecordingMark> keys;
        using (var before = RecordingReader.Open(path)) keys = [.. before.Marks.Where(m => m.Kind == RecordKind.Keyframe)];
        var bytes = File.ReadAllBytes(path);
        // One byte of the second keyframe, whichever it is.
        bytes[keys[1].Offset + dice.Roll((int)(keys[2].Offset - keys[1].Offset))] ^= 0x55;
        File.WriteAllBytes(path, bytes);
        using var reader = RecordingReader.Open(path);
        foreach (var (at, frame) in frames.Where(f => f.At < keys[1].At || f.At >= keys[2].At))
        {
            reader.Seek(at);
            Frame.Of(reader.Picture!, reader.Cursor).ShouldBe(frame, $"at {at}");
        }
    }

    [Fact]
    public void What_is_no_recording_is_refused()
    {
        var path = Path.Combine(_folder, "other");
        foreach (var bytes in new byte[][] { [], [1, 2, 3], new byte[4096], [.. "WarrenR\n"u8, .. new byte[100]] })
        {
            File.WriteAllBytes(path, bytes);
            Should.Throw<InvalidDataException>(() => RecordingReader.Open(path));
            Should.Throw<InvalidDataException>(() => RecordingWriter.Reopen(path));
        }
    }

    [Fact]
    public void A_screen_on_which_nothing_changes_costs_some_bytes_a_second()
    {
        var painted = new Painted(new Dice(1));
        var copy = new ScreenCopy(painted.Shadow);
        using var writer = RecordingWriter.Create(Path.Combine(_folder, "idle"), s_start);
        Write(writer, copy, default);
        var before = writer.Bytes;
        for (var i = 1; i <= 3600; i++)
        {
            // The same picture is painted again, as many a screen does.
            painted.Shadow.Begin();
            painted.Shadow.Wrote(painted.Shadow.Picture!.All);
            painted.Shadow.End();
            Write(writer, copy, TimeSpan.FromSeconds(i));
        }

        (writer.Bytes - before).ShouldBeLessThanOrEqualTo(3600 * 20);
    }

    /// <summary>As a recorder does.</summary>
    private static void Write(RecordingWriter writer, ScreenCopy copy, TimeSpan at, bool cursor = true)
    {
        copy.Take().ShouldBeTrue();
        if (copy.IsNew || writer.WantsKeyframe(at)) writer.Keyframe(copy.Picture!, "test", copy.Cursor, at);
        else if (copy.Changed.Count > 0 || (cursor && copy.Cursor is not null)) writer.Update(copy.Picture!, copy.Changed, null, copy.Cursor, at);
        else writer.Tick(at);
        copy.Settle();
    }

    private (string Path, List<(TimeSpan At, Frame Frame)> Frames) Record(Dice dice, int changes, bool closed)
    {
        var path = Path.Combine(_folder, "recording");
        var painted = new Painted(dice);
        var copy = new ScreenCopy(painted.Shadow);
        var frames = new List<(TimeSpan, Frame)>();
        using var writer = RecordingWriter.Create(path, s_start);
        var at = TimeSpan.Zero;
        for (var i = 0; i < changes; i++)
        {
            painted.Change();
            at += TimeSpan.FromMilliseconds(dice.Chance(5) ? dice.Roll(5000) : 1 + dice.Roll(200));
            Write(writer, copy, at);
            frames.Add((at, painted.Frame));
        }

        if (closed) writer.Finish(at);
        return (path, frames);
    }
}
