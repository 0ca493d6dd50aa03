using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

public sealed class MachineVerbTests
{
    [Fact]
    public async Task A_list_in_json_is_the_apis_page()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", () => new Page<Machine>([Given.Machine()])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("ls", "--format", "json")).ShouldBe(0);
        var expected = JsonSerializer.Serialize(new Page<Machine>([Given.Machine()]), WarrenJson.Options);
        JsonElement.DeepEquals(JsonDocument.Parse(shell.Out).RootElement, JsonDocument.Parse(expected).RootElement).ShouldBeTrue();
    }

    [Fact]
    public async Task An_empty_list_says_what_to_do_on_standard_error()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", () => new Page<Machine>([])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("list")).ShouldBe(0);
        shell.Out.ShouldBeEmpty();
        shell.Error.ShouldContain("warren launch tiny");
    }

    [Fact]
    public async Task Deleting_goes_on_behind_a_name_that_is_not_there()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Delete("/machines/{m}", (string m) => m == "b" ? LittleServer.Refuse("not-found", 404, "there is no machine b")
                : Results.Json(Given.Operation("o-" + m, OperationStatus.Pending, subject: m), WarrenJson.Options, statusCode: 202))
            .Get("/operations/{id}", (string id) => Given.Operation(id, OperationStatus.Succeeded, 100, subject: id[2..])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("delete", "a", "b", "c")).ShouldBe(3);
        server.Requests.Count(r => r.Method == "DELETE").ShouldBe(3);
        shell.Error.ShouldContain("warren: b: there is no machine b");
        shell.Error.ShouldContain("a: deleted");
        shell.Error.ShouldContain("c: deleted");
    }

    [Fact]
    public async Task Suspending_asks_for_each_and_says_when_it_is_done()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/machines/{m}/suspend", (string m) => m == "b" ? LittleServer.Refuse("illegal-state", 409, "'b' is stopped and cannot be suspended.")
                : Results.Json(Given.Operation("o-" + m, OperationStatus.Pending, subject: m), WarrenJson.Options, statusCode: 202))
            .Get("/operations/{id}", (string id) => Given.Operation(id, OperationStatus.Succeeded, 100, subject: id[2..])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("suspend", "a", "b")).ShouldBe(6);
        shell.Error.ShouldContain("a: suspended");
        shell.Error.ShouldContain("'b' is stopped and cannot be suspended.");
    }

    [Fact]
    public async Task Problems_are_json_for_programs()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => LittleServer.Refuse("not-found", 404, "no such machine")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("info", "x", "--format", "json")).ShouldBe(3);
        JsonSerializer.Deserialize<Problem>(shell.Error, WarrenJson.Options)!.Type.ShouldBe("urn:warren:problem:not-found");
        shell.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Waiting_prints_each_rung_with_its_time()
    {
        await using var server = await LittleServer.StartAsync(routes => Booting(routes,
            Given.Ready(ReadinessRung.Process, ReadinessRung.Firmware), Given.Ready(ReadinessRung.Process, ReadinessRung.Firmware, ReadinessRung.Agent)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("wait", "web", "--for", "agent")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("process           0.0 s\nfirmware          1.5 s\nagent             3.0 s\n");
    }

    [Fact]
    public async Task SSH_may_come_behind_cloud_init()
    {
        await using var server = await LittleServer.StartAsync(routes => Booting(routes,
            Given.Ready(ReadinessRung.Process, ReadinessRung.CloudInit), Given.Ready(ReadinessRung.Process, ReadinessRung.CloudInit, ReadinessRung.Ssh)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("wait", "web", "--for", "ssh")).ShouldBe(0, shell.Error);
        shell.Out.ShouldEndWith("ssh               3.0 s\n");
    }

    [Fact]
    public async Task What_a_machine_does_not_have_is_left_out()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => Given.Machine(state: MachineState.Stopped)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("info", "web")).ShouldBe(0);
        foreach (var absent in new[] { "ready", "waiting for", "problem", "ssh", "operation", "observed" })
            shell.Out.Split('\n').ShouldNotContain(line => line.StartsWith(absent, StringComparison.Ordinal), absent);
    }

    [Fact]
    public async Task A_cloud_init_error_is_a_failure()
    {
        await using var server = await LittleServer.StartAsync(routes => Booting(routes,
            Given.Ready(ReadinessRung.Process, ReadinessRung.CloudInit) with { CloudInit = CloudInitStatus.Error, Detail = "module runcmd failed" }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("wait", "web", "--for", "cloud-init")).ShouldBe(1);
        shell.Error.ShouldBe("warren: web: cloud-init ended with errors: module runcmd failed\n");
    }

    [Fact]
    public async Task Waiting_ends_with_124_when_the_time_is_over()
    {
        await using var server = await LittleServer.StartAsync(routes => Booting(routes, Given.Ready(ReadinessRung.Process)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("wait", "web", "--for", "ssh", "--timeout", "1s")).ShouldBe(124);
        shell.Error.ShouldContain("web has not reached ssh within 1.0 s; it is at process");
    }

    [Fact]
    public async Task Waiting_for_a_machine_that_is_off_ends_at_once()
    {
        await using var server = await LittleServer.StartAsync(routes => Booting(routes, MachineState.Stopped));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("wait", "web")).ShouldBe(1);
        shell.Error.ShouldBe("warren: web is stopped: start it with `warren start web`\n");
    }

    [Fact]
    public async Task A_log_comes_through_as_it_is()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}/logs", (bool follow) => Results.Bytes("a\e[1mb\r\nö"u8.ToArray(), "text/plain")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("logs", "web")).ShouldBe(0);
        shell.Out.ShouldBe("a\e[1mb\r\nö");
    }

    [Fact]
    public async Task Past_events_are_printed_and_then_it_ends()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/events", async (HttpContext context) =>
        {
            var happened = new Event { Id = 3, Type = "machine.changed", SubjectId = "m-web", At = Given.Noon, Data = JsonSerializer.SerializeToElement(Given.Machine(), WarrenJson.Options) };
            await LittleServer.SendEventsAsync(context, ["id: 3\nevent: machine.changed\ndata: " + JsonSerializer.Serialize(happened, WarrenJson.Options)]);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("events")).ShouldBe(0);
        shell.Out.ShouldBe("2026-03-01 12:00:00Z       3  machine.changed     web running\n");
        server.Requests.Single().Headers["Last-Event-ID"].ShouldBe("0");
    }

    [Fact]
    public async Task Ping_tells_whose_agents_answer_and_fails_when_one_does_not()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}/agent", (string m) => m == "web" ? new AgentAnswer(true, 4.25) : new AgentAnswer(false)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("ping", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("web: its agent answers, in 4.3 ms\n");
        (await shell.RunAsync("ping", "web", "off", "--format", "json")).ShouldBe(1);
        shell.Out.ShouldContain("""{"answers":false}""");
    }

    private static void Booting(LittleServer.RouteTable routes, params Readiness[] stages) => Booting(routes, MachineState.Running, stages);

    private static void Booting(LittleServer.RouteTable routes, MachineState state, params Readiness[] stages) => routes
        .Get("/machines/{m}", () => Given.Machine(state: state))
        .Get("/machines/{m}/readiness", async (HttpContext context) =>
        {
            if (context.Request.Headers.Accept == "application/json")
            {
                await context.Response.WriteAsJsonAsync(stages[^1], WarrenJson.Options);
                return;
            }

            await LittleServer.SendEventsAsync(context, stages.Select(stage => "event: readiness\ndata: " + JsonSerializer.Serialize(stage, WarrenJson.Options)).Prepend(": hello"));
            if (state is not MachineState.Running)
            {
                await LittleServer.SendEventsAsync(context, ["event: off\ndata: {}"]);
                return;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
}
