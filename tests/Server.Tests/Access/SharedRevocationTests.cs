using System.Net.WebSockets;
using Warren.Contracts;
using Warren.Server.Tests.Consoles.Sharing;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>A share that is taken away is gone at once, also for who has something of the machine open, on this server and on others.</summary>
public abstract class SharedRevocationTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    /// <summary>Much sooner than anything would end by itself.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    private static readonly string[] s_settings = ["Access:SignUp=open", "Access:LoginsPerMinute=1000"];

    private readonly PostgresCluster? _cluster = cluster;

    [Theory]
    [InlineData("screen", "taken")]
    [InlineData("serial", "taken")]
    [InlineData("screen", "left")]
    [InlineData("serial", "viewer")]
    [InlineData("screen", "deleted")]
    public async Task A_console_ends_with_the_share(string kind, string how)
    {
        await using var scene = await SharedScene.MakeAsync(await StartAsync(settings: s_settings), ProjectRole.Member);
        using var console = await OpenAsync(scene, scene.Server, kind);
        var path = $"machines/{scene.Machine.Id}/users/ann";
        switch (how)
        {
            case "taken": (await scene.Server.Client.DeleteAsync(path)).EnsureSuccessStatusCode(); break;
            case "left": (await scene.Ann.DeleteAsync(path)).EnsureSuccessStatusCode(); break;
            case "viewer": (await scene.Server.Client.PutAsync(path, new SetMachineUserRequest(ProjectRole.Viewer))).EnsureSuccessStatusCode(); break;
            default: await scene.Server.DeleteAsync($"machines/{scene.Machine.Id}"); break;
        }

        await EndsAsync(console);
        if (how is "taken" or "left") (await scene.Ann.GetAsync($"machines/{scene.Machine.Id}").RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task A_ticket_that_was_made_before_is_worth_nothing()
    {
        await using var scene = await SharedScene.MakeAsync(await StartAsync(settings: s_settings), ProjectRole.Member);
        var ticket = await TicketAsync(scene, "screen");
        (await scene.Server.Client.DeleteAsync($"machines/{scene.Machine.Id}/users/ann")).EnsureSuccessStatusCode();
        await Should.ThrowAsync<WebSocketException>(async () => await ScreenGuest.ComeAsync(scene.Server, ticket.Path, login: false));
    }

    [Fact]
    public async Task Another_servers_console_ends_too()
    {
        Assert.SkipWhen(_cluster is null, "SQLite has one server");
        var data = Directory.CreateTempSubdirectory("warren-share-").FullName;
        var postgres = await _cluster!.CreateDatabaseAsync();
        var clock = new ManualClock();
        try
        {
            await using var one = await TestServer.StartAsync(postgres, data, clock: clock, settings: s_settings);
            await using var scene = await SharedScene.MakeAsync(one, ProjectRole.Viewer);
            await using var two = await TestServer.StartAsync(postgres, data, clock: clock, settings: s_settings);
            using var console = await OpenAsync(scene, two, "serial");
            (await one.Client.DeleteAsync($"machines/{scene.Machine.Id}/users/ann")).EnsureSuccessStatusCode();
            var ends = EndsAsync(console);
            while (!ends.IsCompleted)
            {
                // The other server looks each second.
                clock.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(ends, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
            }

            await ends;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task The_stream_of_events_tells_of_the_machine_while_it_is_shared_and_of_both_ends()
    {
        await using var scene = await SharedScene.MakeAsync(await StartAsync(settings: s_settings), role: null);
        var (server, id) = (scene.Server, scene.Machine.Id);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var reader = new StreamReader(await scene.Ann.GetStreamAsync("events", limit.Token));
        var heard = new List<string>();
        async Task<string> UntilAsync(string type)
        {
            while (await reader.ReadLineAsync(limit.Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) heard.Add(line[7..]);
                else if (line.StartsWith("data: ", StringComparison.Ordinal) && heard[^1] == type) return line[6..];
            }

            throw new TimeoutException(type);
        }

        await UntilAsync("hello");
        await server.EndAsync(await server.PostAsync($"machines/{id}/restart"));
        (await server.Client.PutAsync($"machines/{id}/users/ann", new SetMachineUserRequest(ProjectRole.Viewer))).EnsureSuccessStatusCode();
        (await UntilAsync("machine-user.created")).ShouldContain(id);
        heard.ShouldBe(["hello", "machine-user.created"]);
        await server.EndAsync(await server.PostAsync($"machines/{id}/restart"));
        (await UntilAsync("operation.changed")).ShouldContain(id);
        (await UntilAsync("machine.changed")).ShouldContain($$"""
            "shared":{"role":"viewer","by":"{{scene.Owner}}"}
            """.Trim());
        (await server.Client.DeleteAsync($"machines/{id}/users/ann")).EnsureSuccessStatusCode();
        await UntilAsync("machine-user.deleted");
        heard.Clear();
        // What is done from now on is nothing to her; the next she hears is that she may look again.
        await server.EndAsync(await server.PostAsync($"machines/{id}/restart"));
        (await server.Client.PutAsync($"machines/{id}/users/ann", new SetMachineUserRequest(ProjectRole.Viewer))).EnsureSuccessStatusCode();
        await UntilAsync("machine-user.created");
        heard.ShouldBe(["machine-user.created"]);
        await server.EndAsync(await server.DeleteAsync($"machines/{id}"));
        (await UntilAsync("machine.deleted")).ShouldContain(id);
    }

    private static async Task<ConsoleTicket> TicketAsync(SharedScene scene, string kind)
        => await scene.Ann.MakeAsync<ConsoleTicket>($"machines/{scene.Machine.Id}/tickets", new CreateTicketRequest { Kind = Enum.Parse<ConsoleKind>(kind, ignoreCase: true), Role = ViewerRole.Control });

    private static async Task<ClientWebSocket> OpenAsync(SharedScene scene, TestServer server, string kind)
    {
        var ticket = await TicketAsync(scene, kind);
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + ticket.Path), CancellationToken.None);
        return socket;
    }

    private static async Task EndsAsync(ClientWebSocket socket)
    {
        using var limit = new CancellationTokenSource(AtOnce);
        var buffer = new byte[4096];
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), limit.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // Cut off, which is an end, too.
        }

        limit.IsCancellationRequested.ShouldBeFalse();
    }
}

public sealed class SqliteSharedRevocationTests() : SharedRevocationTests(null);

public sealed class PostgresSharedRevocationTests(PostgresCluster cluster) : SharedRevocationTests(cluster);
