using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Client;

public sealed class WaitingTests
{
    [Fact]
    public async Task An_operation_is_long_polled_to_its_end_with_every_change()
    {
        Operation[] answers =
        [
            Given.Operation("o1", OperationStatus.Pending), Given.Operation("o1", OperationStatus.Running, 40), Given.Operation("o1", OperationStatus.Running, 40),
            Given.Operation("o1", OperationStatus.Failed, 60) with { Problem = new Problem("urn:warren:problem:hypervisor", "No", 0, "qemu said no") },
        ];
        var asked = 0;
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/operations/{id}", (int wait) => answers[asked++]));
        using var client = new WarrenClient(server.Url);
        var told = new List<int>();
        var ended = await client.WaitForOperationAsync("o1", new Told(operation => told.Add(operation.Progress)));
        ended.Problem!.Detail.ShouldBe("qemu said no");
        told.ShouldBe([0, 40, 60]);
        server.Requests.ShouldAllBe(r => r.Query == "?wait=1");
    }

    [Fact]
    public async Task Without_progress_it_asks_seldom()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/operations/{id}", (int wait) => Given.Operation("o1", OperationStatus.Succeeded, 100)));
        using var client = new WarrenClient(server.Url);
        await client.WaitForOperationAsync("o1");
        server.Requests.Single().Query.ShouldBe("?wait=30");
    }

    [Fact]
    public async Task A_restart_of_the_server_does_not_end_the_waiting()
    {
        var polled = new TaskCompletionSource();
        var first = await LittleServer.StartAsync(routes => routes.Get("/operations/{id}", async (HttpContext context) =>
        {
            polled.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            return Given.Operation("o1", OperationStatus.Running);
        }));
        using var client = new WarrenClient(first.Url);
        var waiting = client.WaitForOperationAsync("o1");
        await polled.Task;
        var port = first.Url.Port;
        await first.DisposeAsync();
        waiting.IsCompleted.ShouldBeFalse();
        await using var second = await LittleServer.StartAsync(routes => routes.Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100)), port);
        (await waiting).Status.ShouldBe(OperationStatus.Succeeded);
    }

    [Fact]
    public async Task Patience_ends_when_the_server_stays_away()
    {
        Uri gone;
        await using (var server = await LittleServer.StartAsync(_ => { })) gone = server.Url;
        using var client = new WarrenClient(gone) { Patience = TimeSpan.FromMilliseconds(1) };
        await Should.ThrowAsync<WarrenUnreachableException>(() => client.WaitForOperationAsync("o1"));
    }

    [Fact]
    public async Task Readiness_is_told_stage_by_stage()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}/readiness", (HttpContext context) => LittleServer.SendEventsAsync(context,
        [
            Stage(Given.Ready(ReadinessRung.Process)),
            ": keep alive",
            "event: of-a-newer-server\ndata: {}",
            Stage(Given.Ready(ReadinessRung.Process, ReadinessRung.Ssh)),
            Stage(Given.Ready(ReadinessRung.Process, ReadinessRung.Ssh, ReadinessRung.CloudInit)),
            "event: end\ndata: {}",
        ])));
        using var client = new WarrenClient(server.Url);
        var rungs = new List<ReadinessRung>();
        await foreach (var readiness in client.WatchReadinessAsync("web")) rungs.Add(readiness.Rung);
        rungs.ShouldBe([ReadinessRung.Process, ReadinessRung.Ssh, ReadinessRung.CloudInit]);
        server.Requests.Single().Headers["Accept"].ShouldBe("text/event-stream");
    }

    [Fact]
    public async Task Events_go_on_behind_the_last_one_seen()
    {
        var connections = 0;
        var bothSeen = new TaskCompletionSource();
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/events", async (HttpContext context) =>
        {
            var after = long.Parse(context.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? "0");
            await LittleServer.SendEventsAsync(context, [Happened(after + 1), Happened(after + 2)]);
            // Once in the middle of a stream, once at its end in good order.
            if (Interlocked.Increment(ref connections) > 1) return;
            await bothSeen.Task;
            context.Abort();
        }));
        using var client = new WarrenClient(server.Url);
        var seen = new List<long>();
        await foreach (var happened in client.WatchEventsAsync(after: 7))
        {
            seen.Add(happened.Id);
            if (seen.Count == 2) bothSeen.SetResult();
            if (seen.Count == 6) break;
        }

        seen.ShouldBe([8, 9, 10, 11, 12, 13]);
        server.Requests.Select(r => r.Headers["Last-Event-ID"]).ShouldBe(["7", "9", "11"]);
    }

    [Fact]
    public async Task A_quiet_stream_goes_on_from_where_the_server_said_it_stood()
    {
        var connections = 0;
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/events", (HttpContext context) =>
            LittleServer.SendEventsAsync(context, Interlocked.Increment(ref connections) == 1 ? ["id: 41\nevent: hello\ndata: {}"] : [Happened(42)])));
        // No patience at all: that a stream was quiet for long is no failure.
        using var client = new WarrenClient(server.Url) { Patience = TimeSpan.Zero };
        await foreach (var happened in client.WatchEventsAsync())
        {
            happened.Id.ShouldBe(42);
            break;
        }

        server.Requests.Select(r => r.Headers.GetValueOrDefault("Last-Event-ID")).ShouldBe([null, "41"]);
    }

    [Fact]
    public async Task A_refused_stream_is_not_tried_again()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/events", () => LittleServer.Refuse("unauthenticated", 401)));
        using var client = new WarrenClient(server.Url);
        var refusal = await Should.ThrowAsync<WarrenException>(async () =>
        {
            await foreach (var _ in client.WatchEventsAsync())
            {
            }
        });
        refusal.Kind.ShouldBe("unauthenticated");
        server.Requests.Count.ShouldBe(1);
    }

    private static string Stage(Readiness readiness) => "event: readiness\ndata: " + System.Text.Json.JsonSerializer.Serialize(readiness, WarrenJson.Options);

    private static string Happened(long id)
        => $"id: {id}\nevent: machine.changed\ndata: " + System.Text.Json.JsonSerializer.Serialize(new Event { Id = id, Type = "machine.changed", SubjectId = "m", At = Given.Noon }, WarrenJson.Options);

    private sealed class Told(Action<Operation> tell) : IProgress<Operation>
    {
        public void Report(Operation value) => tell(value);
    }
}
