using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>shares</c> and <c>connections</c>.</summary>
public sealed class SharingVerbTests
{
    private static readonly DateTimeOffset s_then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Share s_share = new("s1", "m1", "class", ViewerRole.View, s_then, s_then.AddHours(2));

    [Fact]
    public async Task A_link_is_printed_alone_so_that_it_can_be_passed_on()
    {
        var body = "";
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines/web/shares", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            body = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            return Results.Json(new CreatedShare(s_share, "http://here/shared#secret"), WarrenJson.Options, statusCode: 201);
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("shares", "create", "web", "--for", "2h", "--name", "class")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("http://here/shared#secret\n");
        shell.Error.ShouldContain("warren shares delete web s1");
        JsonSerializer.Deserialize<CreateShareRequest>(body, WarrenJson.Options).ShouldBe(new CreateShareRequest { ExpiresInSeconds = 7200, Name = "class" });
    }

    [Fact]
    public async Task A_machine_is_shared_with_a_user_and_no_more()
    {
        var body = "";
        var ann = new MachineUser("ann", UserKind.Person, ProjectRole.Viewer, "owner", s_then);
        await using var server = await LittleServer.StartAsync(routes =>
        {
            routes.Get("/machines/web/users", () => Results.Json(new Page<MachineUser>([ann]), WarrenJson.Options));
            routes.Delete("/machines/web/users/ann", () => Results.NoContent());
            routes.Put("/machines/web/users/ann", async (HttpRequest request) =>
            {
                using var reader = new StreamReader(request.Body);
                body = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
                return Results.Json(ann, WarrenJson.Options);
            });
        });
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("shares", "set-user", "web", "ann", "--role", "viewer")).ShouldBe(0, shell.Error);
        shell.Error.ShouldContain("ann: viewer of web");
        JsonSerializer.Deserialize<SetMachineUserRequest>(body, WarrenJson.Options).ShouldBe(new SetMachineUserRequest(ProjectRole.Viewer));
        (await shell.RunAsync("shares", "users", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("SHARED BY");
        shell.Out.ShouldContain("ann");
        (await shell.RunAsync("shares", "remove-user", "web", "ann")).ShouldBe(0, shell.Error);
        server.Of("DELETE", "/machines/web/users/ann").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Connections_tell_who_from_where_and_how_much()
    {
        Connection[] all =
        [
            new() { Id = "c2", MachineId = "m1", Machine = "web", Kind = ConsoleKind.Screen, User = "Anna", ShareId = "s1", Address = "192.0.2.7", Role = ViewerRole.View, StartedAt = s_then, EndedAt = s_then.AddMinutes(3), SentBytes = 5 << 20, ReceivedBytes = 900 },
            new() { Id = "c1", MachineId = "m1", Machine = "web", Kind = ConsoleKind.Serial, User = "owner", Address = "127.0.0.1", Role = ViewerRole.Control, StartedAt = s_then, SentBytes = 10, ReceivedBytes = 1 },
        ];
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/connections", () => Results.Json(new Page<Connection>(all), WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("connections", "--limit", "1")).ShouldBe(0, shell.Error);
        shell.Out.Split('\n').Length.ShouldBe(3, "a heading, one connection and the end");
        shell.Out.ShouldContain("Anna (link)");
        shell.Out.ShouldContain("192.0.2.7");
        shell.Out.ShouldContain("3m");
        shell.Out.ShouldContain("5 MiB");
        (await shell.RunAsync("connections", "--open", "--format", "json")).ShouldBe(0, shell.Error);
        server.Of("GET", "/connections")[^1].Query.ShouldBe("?open=true&limit=200");
    }
}
