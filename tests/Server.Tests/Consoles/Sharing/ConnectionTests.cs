using System.Net.Http.Json;
using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Sharing;

/// <summary>Who is and was at the consoles.</summary>
public abstract class ConnectionTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task A_connection_is_told_while_it_is_open_and_after()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" });
        await using (var guest = await ScreenGuest.ComeAsync(server, $"/api/v1/machines/{machine.Id}/screen"))
        {
            await guest.HearsAsync(r => r.Count == 1);
            var open = (await ListAsync(server, "machines/a/connections?open=true")).ShouldHaveSingleItem();
            open.ShouldSatisfyAllConditions(
                () => open.Id.ShouldBe(guest.Id),
                () => open.Kind.ShouldBe(ConsoleKind.Screen),
                () => open.Role.ShouldBe(ViewerRole.Control),
                () => open.Address.ShouldBe("127.0.0.1"),
                () => open.Machine.ShouldBe("a"),
                () => open.EndedAt.ShouldBeNull());
        }

        await Eventually.BecomesAsync(async () => (await ListAsync(server, "machines/a/connections?open=true")).Count == 0, "it has ended");
        var ended = (await ListAsync(server, "connections")).ShouldHaveSingleItem();
        ended.EndedAt.ShouldNotBeNull();
        ended.SentBytes.ShouldBeGreaterThan(320 * 200 * 4, "a whole picture");
        ended.ReceivedBytes.ShouldBeGreaterThan(20);
        await using var db = server.Db();
        (await db.Events.Where(e => e.SubjectId == ended.Id).OrderBy(e => e.Id).Select(e => e.Type).ToListAsync()).ShouldBe(["connection.opened", "connection.closed"]);
    }

    [Fact]
    public async Task A_terminal_counts_too_and_a_server_that_died_is_missed()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" });
        using var terminal = new ClientWebSocket();
        terminal.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        await terminal.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + $"/api/v1/machines/{machine.Id}/serial"), CancellationToken.None);
        await Eventually.BecomesAsync(async () => (await ListAsync(server, "connections?open=true")).Any(c => c.Kind == ConsoleKind.Serial), "it is open");

        // Another server's, which has not been heard of since.
        await using (var db = server.Db())
        {
            var row = await db.Connections.AsNoTracking().SingleAsync();
            (row.Id, row.UserName) = (new string('0', 26), "lost");
            db.Connections.Add(row);
            await db.SaveChangesAsync();
        }

        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () =>
        {
            var open = await ListAsync(server, "connections?open=true");
            return open is [{ Kind: ConsoleKind.Serial, User: not "lost" }];
        }, "one has ended, the other is still open");
        var lost = (await ListAsync(server, "connections?open=false")).ShouldHaveSingleItem();
        lost.EndedAt.ShouldBe(lost.StartedAt, "when it was last seen");
    }

    [Fact]
    public async Task A_machine_with_that_policy_ends_when_the_last_has_left_and_nobody_comes()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a", Unwatched = new UnwatchedPolicy { AfterSeconds = 3600 } });
        var path = $"/api/v1/machines/{machine.Id}/screen";
        (await MachineAsync(server)).Warning.ShouldBeNull("nobody has been there yet");
        await using (await ScreenGuest.ComeAsync(server, path))
        {
            await using (await ScreenGuest.ComeAsync(server, path)) { }
            await Eventually.BecomesAsync(async () => (await ListAsync(server, "machines/a/connections?open=true")).Count == 1, "one has left");
            (await MachineAsync(server)).Warning.ShouldBeNull("one is still there");
        }

        await Eventually.BecomesAsync(async () => (await MachineAsync(server)).Warning is { Cause: EndCause.Unwatched, Action: LifeAction.Stop }, "the last has left");
        await using (await ScreenGuest.ComeAsync(server, path))
        {
            await Eventually.BecomesAsync(async () => (await MachineAsync(server)).Warning is null, "somebody has come");
        }

        await Eventually.BecomesAsync(async () => (await MachineAsync(server)).Warning is not null, "the last has left again");
        server.Clock.Advance(TimeSpan.FromHours(2));
        await Eventually.BecomesAsync(async () => (await MachineAsync(server)).State == MachineState.Stopped, "it is stopped");
        await using var db = server.Db();
        var stop = await db.Operations.SingleAsync(o => o.SubjectId == machine.Id && o.Kind == "machine.stop");
        stop.Message.ShouldNotBeNull().ShouldContain("1 h");
        (await db.Events.CountAsync(e => e.SubjectId == machine.Id && e.Type == "machine.unwatched")).ShouldBe(2);
    }

    [Fact]
    public async Task Who_leaves_is_noted_however_often_the_machine_is_changed_meanwhile()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a", Unwatched = new UnwatchedPolicy { AfterSeconds = 3600 } });
        using var enough = new CancellationTokenSource();
        var others = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await using var db = server.Db();
                await db.Machines.Where(m => m.Id == machine.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.Version, m => m.Version + 1));
                await Task.Yield();
            }
        });
        for (var i = 0; i < 3; i++)
        {
            await using (await ScreenGuest.ComeAsync(server, $"/api/v1/machines/{machine.Id}/screen"))
                await Eventually.BecomesAsync(async () => (await MachineAsync(server)).Warning is null, "somebody has come");
            await Eventually.BecomesAsync(async () => (await MachineAsync(server)).Warning is not null, "the last has left");
        }

        await enough.CancelAsync();
        await others;
    }

    private static async Task<Machine> MachineAsync(TestServer server) => (await server.Client.GetFromJsonAsync<Machine>("machines/a", WarrenJson.Options))!;

    private static async Task<IReadOnlyList<Connection>> ListAsync(TestServer server, string path) =>
        (await server.Client.GetFromJsonAsync<Page<Connection>>(path, WarrenJson.Options))!.Items;
}

public sealed class ConnectionSqliteTests() : ConnectionTests(null);

public sealed class ConnectionPostgresTests(PostgresCluster cluster) : ConnectionTests(cluster);
