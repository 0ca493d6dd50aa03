using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Tests.Consoles.Screens;

namespace EndToEnd.Tests.Recordings;

/// <summary>The screen of a real guest, recorded by a real server that is killed, and on a disk that is full.</summary>
public sealed class RecordedBootTests : IAsyncLifetime
{
    /// <summary>Something new on the screen ten times a second.</summary>
    private const string Moving = "nohup sh -c 'i=0; while true; do i=$((i+1)); echo line $i >/dev/tty1; sleep 0.1; done' >/dev/null 2>&1 </dev/null &";

    private TestBed? _bed;

    private TestBed Bed => _bed ?? throw new InvalidOperationException("not initialised");

    public async ValueTask InitializeAsync() => _bed = await TestBed.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        if (_bed is not null) await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_is_killed_loses_a_second_at_most_and_the_next_one_goes_on_to_the_machine_s_last_picture()
    {
        await Bed.StartAsync();
        await Bed.StoreTinyAsync();
        await LaunchAsync();
        var recording = await OneAsync();
        await GrowsAsync(recording.Id, 3);
        var before = TimeProvider.System.GetUtcNow();
        await Bed.Server.KillAsync();

        var file = Path.Combine(Bed.Data, "recordings", recording.Id + ".warrenrec");
        TimeSpan end;
        using (var reader = RecordingReader.Open(file))
        {
            end = reader.Duration;
            var lost = before - (reader.StartedAt + reader.Duration);
            TestContext.Current.TestOutputHelper?.WriteLine($"recorded {reader.Duration.TotalSeconds:0.000} s, {new FileInfo(file).Length} bytes; lost by the kill: {lost.TotalMilliseconds:0} ms");
            lost.ShouldBeLessThan(TimeSpan.FromSeconds(1));
            reader.IsClosed.ShouldBeFalse("nobody could say good-bye");
            reader.Seek(reader.Duration);
            reader.Picture!.Pixels.ToArray().Distinct().Count().ShouldBeGreaterThan(1);
        }

        await Bed.StartAsync();
        await Eventually.TrueAsync("the next server goes on in the same recording", async () => (await Bed.Client.GetRecordingAsync(recording.Id)) is { Gaps: [{ } gap] } now && now.DurationSeconds > gap.To);
        (await Bed.Client.GetRecordingAsync(recording.Id)).Gaps![0].From.ShouldBe(end.TotalSeconds, 0.01, "nothing of the old file is gone");
        // Nothing moves in a machine that is paused, once QEMU has looked at it, which it does every three seconds.
        await Bed.Warren.RunAsync("pause", "a");
        var last = PngPixels.Read((await Bed.Client.GetScreenshotAsync("a", stable: TimeSpan.FromSeconds(4))).Png).Pixels;
        last.Distinct().Count().ShouldBeGreaterThan(1, "a blank screen proves nothing");
        await Eventually.TrueAsync("what it shows is recorded", () => Shows(file, last));
        await Bed.Warren.RunAsync("stop", "a", "--force");
        await Eventually.TrueAsync("the recording is whole", async () => (await Bed.Client.GetRecordingAsync(recording.Id)).State == RecordingState.Finished);
        Shows(file, last).ShouldBeTrue("its last picture is the machine's own");
        (await Bed.Warren.RunAsync("recordings", "list", "a")).ShouldContain(recording.Id);
        await Bed.Warren.RunAsync("recordings", "delete", recording.Id);
        File.Exists(file).ShouldBeFalse();
    }

    [Fact]
    public async Task On_a_full_disk_a_recording_ends_with_its_last_whole_picture_and_the_machine_and_the_server_go_on()
    {
        var disk = await Bed.OnSmallDiskAsync(16, "recordings");
        await Bed.StartAsync("--Recordings:ReservedFreeMiB=0");
        await Bed.StoreTinyAsync();
        await LaunchAsync();
        var recording = await OneAsync();
        await GrowsAsync(recording.Id, 2);
        disk.Fill();
        await Eventually.TrueAsync("it fails", async () => (await Bed.Client.GetRecordingAsync(recording.Id)).State == RecordingState.Failed);
        var failed = await Bed.Client.GetRecordingAsync(recording.Id);
        failed.Reason!.ShouldContain("space", Case.Insensitive);
        failed.DurationSeconds.ShouldBeGreaterThanOrEqualTo(2);
        (await Bed.InfoAsync("a")).State.ShouldBe(MachineState.Running);
        (await Bed.SshAsync("a", "hostname")).ShouldBe("a");
        using (var reader = RecordingReader.Open(Path.Combine(Bed.Data, "recordings", recording.Id + ".warrenrec")))
        {
            reader.Seek(reader.Duration);
            reader.Picture!.Pixels.ToArray().Distinct().Count().ShouldBeGreaterThan(1);
        }

        // When there is room, a new one begins by itself.
        disk.Empty();
        await Eventually.TrueAsync("another goes on", async () => (await AllAsync()).Exists(r => r.State == RecordingState.Recording && r.Width > 0));
    }

    private async Task LaunchAsync()
    {
        await Bed.Warren.RunAsync("launch", "tiny", "--name", "a", "--cpus", "1", "--memory", "128", "--record");
        await Bed.Warren.RunAsync("wait", "a", "--for", "ssh");
        await Bed.SshAsync("a", Moving);
    }

    private async Task<List<Recording>> AllAsync()
    {
        var all = new List<Recording>();
        await foreach (var recording in Bed.Client.ListRecordingsAsync("a")) all.Add(recording);
        return all;
    }

    private async Task<Recording> OneAsync() => (await AllAsync()).ShouldHaveSingleItem();

    private async Task GrowsAsync(string id, double seconds)
    {
        var from = (await Bed.Client.GetRecordingAsync(id)).DurationSeconds;
        await Eventually.TrueAsync($"{seconds} s more are recorded", async () => (await Bed.Client.GetRecordingAsync(id)).DurationSeconds >= from + seconds);
    }

    private static bool Shows(string file, uint[] pixels)
    {
        using var reader = RecordingReader.Open(file);
        reader.Seek(TimeSpan.MaxValue);
        return reader.Picture!.Pixels.SequenceEqual(pixels);
    }
}
