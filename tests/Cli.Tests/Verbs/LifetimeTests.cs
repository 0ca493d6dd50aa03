using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary>What ends machines by themselves, as the command line asks for it and tells it.</summary>
public sealed class LifetimeTests
{
    private static readonly Machine s_warned = Given.Machine() with
    {
        ExpiresAt = Given.Noon.AddHours(3),
        TtlAction = LifeAction.Delete,
        Idle = new IdlePolicy { AfterSeconds = 1800 },
        LastActiveAt = Given.Noon.AddMinutes(-28),
        Warning = new EndWarning(EndCause.Idle, LifeAction.Stop, Given.Noon.AddMinutes(2)),
    };

    [Fact]
    public async Task A_launch_says_what_ends_the_machine()
    {
        LaunchRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines", (LaunchRequest asked) =>
        {
            request = asked;
            return Results.Json(Given.Operation("o1", OperationStatus.Pending), WarrenJson.Options, statusCode: 202);
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--no-key", "--no-wait", "--ttl", "2h", "--ttl-action", "stop", "--idle", "30m", "--idle-action", "delete")).ShouldBe(0, shell.Error);
        (request!.TtlSeconds, request.TtlAction, request.Idle).ShouldBe((7200, LifeAction.Stop, new IdlePolicy { AfterSeconds = 1800, Action = LifeAction.Delete }));
        (await shell.RunAsync("launch", "tiny", "--no-key", "--no-wait", "--idle", "30m")).ShouldBe(0, shell.Error);
        (request!.TtlAction, request.Idle!.Action).ShouldBe((null, LifeAction.Stop));
    }

    [Theory]
    [InlineData("goes with --idle", "--idle-action", "stop")]
    [InlineData("explode", "--ttl", "2h", "--ttl-action", "explode")]
    [InlineData("--idle", "--idle", "soon")]
    public async Task Mistakes_are_named(string named, params string[] options)
    {
        await using var server = await LittleServer.StartAsync(_ => { });
        using var shell = new Shell(server.Url);
        (await shell.RunAsync(["launch", "tiny", "--no-key", .. options])).ShouldBe(2);
        shell.Error.ShouldContain(named);
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("4h", 14400)]
    [InlineData("never", 0)]
    public async Task Keep_puts_it_off_and_tells_what_holds_now(string? ttl, int? seconds)
    {
        KeepRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines/{m}/keep", (string m, KeepRequest asked) =>
        {
            request = asked;
            return s_warned with { Name = m, Warning = null, ExpiresAt = null };
        }));
        using var shell = new Shell(server.Url) { Now = Given.Noon };
        (await shell.RunAsync(ttl is null ? ["keep", "web"] : ["keep", "web", "--ttl", ttl])).ShouldBe(0, shell.Error);
        request!.TtlSeconds.ShouldBe(seconds);
        shell.Out.ShouldBe("web: stopped after 30m without use, last used 28m ago\n");
    }

    [Fact]
    public async Task Info_warns_and_says_what_can_be_done()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => s_warned));
        using var shell = new Shell(server.Url) { Now = Given.Noon };
        (await shell.RunAsync("info", "web")).ShouldBe(0);
        shell.Out.ShouldContain("stopped in 2m: nobody uses it; `warren keep web` puts it off");
        shell.Out.ShouldContain("deleted at 2026-03-01 15:00:00Z (in 3h)");
    }
}
