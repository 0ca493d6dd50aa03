using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Events;

/// <summary>The event stream, on both databases.</summary>
public abstract class EventStreamTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task A_launch_is_told_as_it_happens_and_replayed_to_who_missed_it()
    {
        await using var server = await ReadyAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var stream = await server.Client.GetStreamAsync("events", limit.Token);
        var live = SseParser.Create(stream).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        (await live.MoveNextAsync()).ShouldBeTrue();
        live.Current.EventType.ShouldBe("hello");
        var start = live.Current.EventId!;

        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        var seen = new List<SseItem<string>>();
        while (!seen.Any(i => IsRunning(i, machine.Id)) && await live.MoveNextAsync()) seen.Add(live.Current);
        seen[0].EventType.ShouldBe("machine.created");
        seen.Select(i => long.Parse(i.EventId!)).ShouldBeInOrder();

        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        request.Headers.Add("Last-Event-ID", start);
        using var again = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        var replay = SseParser.Create(await again.Content.ReadAsStreamAsync(limit.Token)).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        await replay.MoveNextAsync();
        var replayed = new List<string>();
        while (replayed.Count < seen.Count && await replay.MoveNextAsync()) replayed.Add(replay.Current.EventId!);
        replayed.ShouldBe(seen.Select(i => i.EventId!));
        await live.DisposeAsync();
        await replay.DisposeAsync();
    }

    [Fact]
    public async Task A_change_that_is_rolled_back_leaves_no_event()
    {
        await using var server = await ReadyAsync();
        await using var db = server.Db();
        var before = await db.Events.CountAsync();
        using var refused = await server.Client.PostAsJsonAsync("machines", new LaunchRequest { Image = "tiny", Name = "a", Keys = ["missing"] }, WarrenJson.Options);
        ((int)refused.StatusCode).ShouldBe(400);
        (await db.Events.CountAsync()).ShouldBe(before);
    }

    private static bool IsRunning(SseItem<string> item, string machineId)
    {
        if (item.EventType != "machine.changed") return false;
        var told = JsonSerializer.Deserialize<Event>(item.Data, WarrenJson.Options)!;
        return told.SubjectId == machineId && told.Data?.GetProperty("state").GetString() == "running";
    }

    private async Task<TestServer> ReadyAsync()
    {
        var server = await StartAsync();
        await server.AddImageAsync();
        await Eventually.BecomesAsync(async () => (await server.Client.GetStringAsync("hosts/local")).Contains("\"usable\":true", StringComparison.Ordinal), "probed");
        return server;
    }
}

public sealed class SqliteEventStreamTests() : EventStreamTests(null);

public sealed class PostgresEventStreamTests(PostgresCluster cluster) : EventStreamTests(cluster);
