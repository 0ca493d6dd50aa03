using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Machines;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Recordings;

/// <summary>What is recorded, by which server, and for how long it is kept; on an imitated host whose screen has a bar that moves twice a second.</summary>
public abstract class RecordingTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    private readonly PostgresCluster? _cluster = cluster;

    [Fact]
    public async Task A_machine_is_recorded_from_when_it_is_on_until_it_is_off()
    {
        await using var server = await StartAsync();
        var machine = await LaunchAsync(server, record: true);
        var recording = await GoesOnAsync(server, machine, 2);
        (recording.State, recording.MachineName, recording.Width, recording.Height).ShouldBe((RecordingState.Recording, "a", 320, 200));
        using (var refused = await server.Client.DeleteAsync($"recordings/{recording.Id}"))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await refused.Content.ReadAsStringAsync()).ShouldContain("warren record a --off");
        }

        server.Get<MachineUse>().Take().ShouldBeEmpty("to be recorded is not to be used");
        await server.EndAsync(await server.PostAsync($"machines/{machine}/stop", new { force = true }));
        var over = await OverAsync(server, recording.Id);
        (over.State, over.Reason).ShouldBe((RecordingState.Finished, null));
        over.EndedAt.ShouldNotBeNull();
        over.DurationSeconds.ShouldBeGreaterThanOrEqualTo(2);
        var file = server.Get<RecordingFolder>().FileOf(recording.Id);
        new FileInfo(file).Length.ShouldBeGreaterThan(over.Bytes - 1);
        (File.GetUnixFileMode(file), File.GetUnixFileMode(Path.GetDirectoryName(file)!)).ShouldBe((
            UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));

        // Switched on again, it is another recording; the machine's end does not take them along.
        await server.EndAsync(await server.PostAsync($"machines/{machine}/start"));
        var second = await GoesOnAsync(server, machine, 0);
        second.Id.ShouldNotBe(recording.Id);
        await server.EndAsync(await server.DeleteAsync($"machines/{machine}"));
        (await OverAsync(server, second.Id)).State.ShouldBe(RecordingState.Finished);
        (await ListAsync(server, "a")).Count.ShouldBe(2);

        using var gone = await server.Client.DeleteAsync($"recordings/{recording.Id}");
        gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        File.Exists(file).ShouldBeFalse();
        (await ListAsync(server, machine)).ShouldHaveSingleItem().Id.ShouldBe(second.Id);
    }

    [Fact]
    public async Task It_is_switched_on_and_off_while_the_machine_runs_and_by_a_template()
    {
        await using var server = await StartAsync();
        var machine = await LaunchAsync(server, record: false);
        await RecordAsync(server, machine, on: true);
        var recording = await GoesOnAsync(server, machine, 0.5);
        await RecordAsync(server, machine, on: false);
        (await OverAsync(server, recording.Id)).State.ShouldBe(RecordingState.Finished);

        using var made = await server.Client.PostAsJsonAsync("templates", new { yaml = "name: seen\nimage: tiny\nrecording: screen\n" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        (await server.LaunchAsync(new LaunchRequest { Template = "seen", Name = "b" })).RecordScreen.ShouldBeTrue();
        (await server.LaunchAsync(new LaunchRequest { Template = "seen", Name = "c", RecordScreen = false })).RecordScreen.ShouldBeFalse();
    }

    [Fact]
    public async Task A_picture_of_any_time_is_what_the_screen_showed_then()
    {
        await using var server = await StartAsync();
        var machine = await LaunchAsync(server, record: true);
        var id = (await GoesOnAsync(server, machine, 3)).Id;
        await RecordAsync(server, machine, on: false);
        var over = await OverAsync(server, id);
        // The bar has a place of its own in each half second, and is eight pixels further in the next.
        var bars = new List<int>();
        for (var at = 0.0; at < over.DurationSeconds; at += 0.5)
        {
            using var shot = await server.Client.GetAsync(FormattableString.Invariant($"recordings/{id}/screen.png?at={at}"));
            shot.StatusCode.ShouldBe(HttpStatusCode.OK, await shot.Content.ReadAsStringAsync());
            shot.Headers.GetValues("Warren-Screen").ShouldBe(["320x200"]);
            var (width, _, pixels) = PngPixels.Read(await shot.Content.ReadAsByteArrayAsync());
            bars.Add(Array.IndexOf(pixels, 0xffffffu, 100 * width, width) - 100 * width);
        }

        bars.Count.ShouldBeGreaterThan(5);
        // A host that is busy draws late: never back, and never anywhere else.
        bars.Zip(bars.Skip(1), (a, b) => (b - a + 320) % 320).ShouldAllBe(step => step % 8 == 0 && step < 160, string.Join(" ", bars));
        bars.Distinct().Count().ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task What_is_old_or_too_much_goes_and_what_goes_on_stays()
    {
        await using var server = await StartAsync(settings: "Recordings:KeepDays=3");
        var machine = await LaunchAsync(server, record: true);
        var first = await GoesOnAsync(server, machine, 0.5);
        await RecordAsync(server, machine, on: false);
        await OverAsync(server, first.Id);
        var stray = server.Get<RecordingFolder>().FileOf("0stray");
        await File.WriteAllTextAsync(stray, "nobody's");
        server.Clock.Advance(TimeSpan.FromDays(2.9));
        await RecordAsync(server, machine, on: true);
        var second = await GoesOnAsync(server, machine, 0.5);
        await server.Get<PruneRecordings>().PruneAsync(CancellationToken.None);
        (await ListAsync(server, "a")).Select(r => r.Id).ShouldBe([second.Id, first.Id]);
        server.Clock.Advance(TimeSpan.FromDays(0.2));
        File.SetLastWriteTimeUtc(stray, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1));
        await server.Get<PruneRecordings>().PruneAsync(CancellationToken.None);
        (await ListAsync(server, "a")).Select(r => r.Id).ShouldBe([second.Id]);
        File.Exists(server.Get<RecordingFolder>().FileOf(first.Id)).ShouldBeFalse();
        File.Exists(stray).ShouldBeFalse();
    }

    [Fact]
    public async Task The_oldest_go_when_all_are_too_large_and_a_long_one_is_gone_on_with_in_the_next()
    {
        // 1.2 s each, and room for a few: 5368 bytes.
        const long Room = 5368;
        await using var server = await StartAsync(settings: ["Recordings:MaxHours=0.00034", "Recordings:MaxGiB=0.000005"]);
        var machine = await LaunchAsync(server, record: true);
        IReadOnlyList<Recording> all = [];
        await Eventually.BecomesAsync(async () => (all = [.. (await ListAsync(server, machine)).Where(r => r.State == RecordingState.Finished)]).Sum(r => r.Bytes) > Room, "more than there is room for");
        all.Count.ShouldBeGreaterThan(2);
        await server.Get<PruneRecordings>().PruneAsync(CancellationToken.None);
        IReadOnlyList<Recording> left = [];
        // Between one that is long enough and the next is a moment.
        await Eventually.BecomesAsync(async () => (left = await ListAsync(server, machine)).Any(r => r.State == RecordingState.Recording), "it goes on");
        left.Where(r => all.Any(a => a.Id == r.Id)).Sum(r => r.Bytes).ShouldBeLessThanOrEqualTo(Room);
        left.Select(r => r.Id).ShouldNotContain(all[^1].Id, "the oldest is gone");
    }

    [Fact]
    public async Task Without_room_a_recording_ends_and_says_why_and_the_machine_goes_on()
    {
        await using var server = await StartAsync(settings: "Recordings:ReservedFreeMiB=2000000000");
        var machine = await LaunchAsync(server, record: true);
        await Eventually.BecomesAsync(async () => (await ListAsync(server, machine)) is [{ State: RecordingState.Failed }], "it fails");
        (await ListAsync(server, machine))[0].Reason.ShouldBe("its file could not be written: less than 2000000000 MiB are free on its disk");
        (await server.Client.GetFromJsonAsync<Machine>($"machines/{machine}", WarrenJson.Options))!.State.ShouldBe(MachineState.Running);
        using var shot = await server.Client.GetAsync($"machines/{machine}/screen.png");
        shot.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var played = await server.Client.GetAsync($"recordings/{(await ListAsync(server, machine))[0].Id}/screen.png");
        played.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await played.Content.ReadAsStringAsync()).ShouldContain("It shows nothing yet.");
    }

    [Fact]
    public async Task A_server_that_is_started_again_goes_on_in_the_same_file()
    {
        var data = Directory.CreateTempSubdirectory("warren-").FullName;
        var database = _cluster is null ? null : await _cluster.CreateDatabaseAsync();
        string machine, id;
        await using (var server = await TestServer.StartAsync(database, data))
        {
            machine = await LaunchAsync(server, record: true);
            id = (await GoesOnAsync(server, machine, 1)).Id;
        }

        await using var again = await TestServer.StartAsync(database, data);
        Recording? recording = null;
        await Eventually.BecomesAsync(async () => (recording = await again.Client.GetFromJsonAsync<Recording>($"recordings/{id}", WarrenJson.Options)) is { Gaps: [{ To: > 0 } gap] } && recording.DurationSeconds > gap.To,
            "the gap is over", tell: async () => await again.Client.GetStringAsync($"recordings/{id}"));
        recording!.Gaps!.ShouldHaveSingleItem().ShouldSatisfyAllConditions(g => g.From.ShouldBeGreaterThan(0.9), g => g.To.ShouldBeGreaterThanOrEqualTo(g.From));
        (await ListAsync(again, machine)).ShouldHaveSingleItem().State.ShouldBe(RecordingState.Recording);
        await again.EndAsync(await again.PostAsync($"machines/{machine}/stop", new { force = true }));
        (await OverAsync(again, id)).State.ShouldBe(RecordingState.Finished);
    }

    [Fact]
    public async Task Of_several_servers_one_records_and_another_goes_on_when_it_is_gone()
    {
        Assert.SkipWhen(_cluster is null, "SQLite has one server");
        var database = await _cluster!.CreateDatabaseAsync();
        var shared = Directory.CreateTempSubdirectory("warren-recordings-").FullName;
        var data = Directory.CreateTempSubdirectory("warren-").FullName;
        await using var second = await TestServer.StartAsync(database, data, settings: ["Recordings:Folder=" + shared]);
        string machine, id;
        await using (var first = await TestServer.StartAsync(database, data, settings: ["Recordings:Folder=" + shared]))
        {
            machine = await LaunchAsync(first, record: true);
            id = (await GoesOnAsync(first, machine, 2)).Id;
            Directory.GetFiles(shared).ShouldHaveSingleItem();
            (await ListAsync(second, machine)).ShouldHaveSingleItem();
        }

        var before = (await second.Client.GetFromJsonAsync<Recording>($"recordings/{id}", WarrenJson.Options))!.DurationSeconds;
        await Eventually.BecomesAsync(async () => (await second.Client.GetFromJsonAsync<Recording>($"recordings/{id}", WarrenJson.Options))!.DurationSeconds > before + 1, "the other goes on");
        Directory.GetFiles(shared).ShouldHaveSingleItem();
    }

    private static async Task<string> LaunchAsync(TestServer server, bool record)
    {
        await server.AddImageAsync();
        return (await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a", RecordScreen = record ? true : null })).Id;
    }

    private static async Task RecordAsync(TestServer server, string machine, bool on)
    {
        using var answer = await server.Client.PatchAsJsonAsync($"machines/{machine}", new { recordScreen = on });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<Machine>(WarrenJson.Options))!.RecordScreen.ShouldBe(on);
    }

    private static async Task<IReadOnlyList<Recording>> ListAsync(TestServer server, string machine)
        => (await server.Client.GetFromJsonAsync<Page<Recording>>($"recordings?machine={machine}", WarrenJson.Options))!.Items;

    /// <summary>The machine's recording, once it is so long, seconds.</summary>
    private static async Task<Recording> GoesOnAsync(TestServer server, string machine, double seconds)
    {
        Recording? found = null;
        await Eventually.BecomesAsync(async () => (found = (await ListAsync(server, machine)).FirstOrDefault(r => r is { State: RecordingState.Recording, Width: > 0 })) is not null
            && (await server.Client.GetFromJsonAsync<Recording>($"recordings/{found.Id}", WarrenJson.Options))!.DurationSeconds >= seconds, $"{seconds} s are recorded");
        return found!;
    }

    private static async Task<Recording> OverAsync(TestServer server, string id)
    {
        Recording? found = null;
        await Eventually.BecomesAsync(async () => (found = await server.Client.GetFromJsonAsync<Recording>($"recordings/{id}", WarrenJson.Options))!.State != RecordingState.Recording, "it is over");
        return found!;
    }
}

public sealed class SqliteRecordingTests() : RecordingTests(null);

public sealed class PostgresRecordingTests(PostgresCluster cluster) : RecordingTests(cluster);
