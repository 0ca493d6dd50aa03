using System.Net.Http.Json;
using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>What is taken away is gone at once, also for who has something open.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    /// <summary>Much sooner than anything would end by itself.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000"]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("log-out")]
    [InlineData("session-ended")]
    [InlineData("disabled")]
    [InlineData("switched")]
    [InlineData("expired")]
    public async Task An_event_stream_ends_with_its_session(string how)
    {
        using var ann = await _server.SignUpAsync("ann");
        await ann.MakeAsync<Project>("projects", new CreateProjectRequest("class"));
        using var stream = await OpenEventsAsync(ann);
        switch (how)
        {
            case "log-out": (await ann.DeleteAsync("session")).EnsureSuccessStatusCode(); break;
            case "session-ended": (await ann.DeleteAsync("sessions/" + (await ann.ReadAsync<Page<BrowserSession>>("sessions")).Items[0].Id)).EnsureSuccessStatusCode(); break;
            case "disabled": (await _server.Client.PatchAsJsonAsync("users/ann", new EditUserRequest { Disabled = true }, WarrenJson.Options)).EnsureSuccessStatusCode(); break;
            case "switched": (await ann.PatchAsJsonAsync("session", new SwitchProjectRequest("class"), WarrenJson.Options)).EnsureSuccessStatusCode(); break;
            default: _server.Clock.Advance(TimeSpan.FromHours(3)); break;
        }

        await EndsAsync(stream);
    }

    [Theory]
    [InlineData("token")]
    [InlineData("member")]
    [InlineData("role")]
    public async Task A_console_ends_with_what_it_came_by(string how)
    {
        await _server.AddImageAsync();
        var machine = await _server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny" });
        using var program = await _server.ProgramAsync("robot", token: new CreateTokenRequest { Name = "t", Project = "default" }, before: () => SetAsync(ProjectRole.Member));
        using var terminal = new ClientWebSocket();
        terminal.Options.SetRequestHeader("Authorization", program.DefaultRequestHeaders.Authorization!.ToString());
        await terminal.ConnectAsync(new Uri(_server.Url.Replace("http", "ws", StringComparison.Ordinal) + $"/api/v1/machines/{machine.Id}/serial"), CancellationToken.None);
        switch (how)
        {
            case "token": (await _server.Client.DeleteAsync("users/robot/tokens/" + (await _server.Client.ReadAsync<Page<ApiToken>>("users/robot/tokens")).Items[0].Id)).EnsureSuccessStatusCode(); break;
            case "member": (await _server.Client.DeleteAsync("projects/default/members/robot")).EnsureSuccessStatusCode(); break;
            default: await SetAsync(ProjectRole.Viewer); break;
        }

        using var limit = new CancellationTokenSource(AtOnce);
        var buffer = new byte[4096];
        try
        {
            while ((await terminal.ReceiveAsync(buffer.AsMemory(), limit.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // Cut off, which is an end, too.
        }

        limit.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task An_upload_under_way_ends_with_its_token()
    {
        using var program = await _server.ProgramAsync("robot");
        // From when it is to end on, not from its beginning.
        using var limit = new CancellationTokenSource();
        var rest = new System.IO.Pipelines.Pipe();
        // More than HttpClient keeps back until there is more.
        var writing = rest.Writer.WriteAsync(new byte[100_000], limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "uploads") { Content = new StreamContent(rest.Reader.AsStream()) };
        request.Content.Headers.ContentType = new("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "1000000");
        request.Headers.Add("Upload-Metadata", $"name {Convert.ToBase64String("a"u8)},insecure {Convert.ToBase64String("true"u8)}");
        var sending = program.SendAsync(request, limit.Token);
        await writing;
        await Eventually.BecomesAsync(async () => (await program.ReadAsync<Page<Upload>>("uploads")).Items is [{ Offset: > 0 }], "the first bytes are there");
        (await _server.Client.DeleteAsync("users/robot/tokens/" + (await _server.Client.ReadAsync<Page<ApiToken>>("users/robot/tokens")).Items[0].Id)).EnsureSuccessStatusCode();
        limit.CancelAfter(AtOnce);
        // As a sender does, who hears of nothing while there is nothing to send.
        while (!sending.IsCompleted && !limit.IsCancellationRequested)
        {
            await rest.Writer.WriteAsync(new byte[10], limit.Token);
            await Task.WhenAny(sending, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        try
        {
            using var answer = await sending;
            answer.IsSuccessStatusCode.ShouldBeFalse();
        }
        catch (HttpRequestException)
        {
            // Cut off, which is an end, too.
        }
    }

    [Fact]
    public async Task A_viewer_looks_at_a_terminal_and_types_nothing_and_a_reading_token_neither()
    {
        await _server.AddImageAsync();
        var machine = await _server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny" });
        using var viewer = await _server.ProgramAsync("eve", token: new CreateTokenRequest { Name = "t", Project = "default" }, before: () => SetAsync(ProjectRole.Viewer, "eve"));
        (await viewer.PostAsync($"machines/{machine.Id}/stop", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        var reader = await _server.Client.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "r", Scope = TokenScope.Read });
        using var reading = _server.Bearer(reader.Secret);
        (await reading.PostAsync($"machines/{machine.Id}/stop", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await reading.PostAsync("tokens", new CreateTokenRequest { Name = "more" }).RefusalAsync()).ShouldBe("403 forbidden");
        foreach (var who in new[] { viewer, reading })
        {
            var ticket = await who.MakeAsync<ConsoleTicket>($"machines/{machine.Id}/tickets", new CreateTicketRequest { Kind = ConsoleKind.Serial, Role = ViewerRole.Control });
            using var terminal = new ClientWebSocket();
            await terminal.ConnectAsync(new Uri(_server.Url.Replace("http", "ws", StringComparison.Ordinal) + ticket.Path), CancellationToken.None);
            var open = new Page<Connection>([]);
            await Eventually.BecomesAsync(async () => (open = await _server.Client.ReadAsync<Page<Connection>>($"machines/{machine.Id}/connections?open=true")).Items.Count == 1, "the connection is written down");
            open.Items[0].Role.ShouldBe(ViewerRole.View);
            terminal.Abort();
            await Eventually.BecomesAsync(async () => (await _server.Client.ReadAsync<Page<Connection>>($"machines/{machine.Id}/connections?open=true")).Items.Count == 0, "the connection has ended");
        }
    }

    [Fact]
    public async Task A_token_of_one_template_launches_it_and_nothing_else()
    {
        await _server.AddImageAsync();
        (await _server.Client.PostAsJsonAsync("templates", new SaveTemplateRequest { Yaml = "name: web\nimage: tiny\n" }, WarrenJson.Options)).EnsureSuccessStatusCode();
        var other = await _server.LaunchAsync(new LaunchRequest { Name = "other", Image = "tiny" });
        using var agent = await _server.ProgramAsync("agent", token: new CreateTokenRequest { Name = "t", Project = "default", Template = "web" }, before: () => SetAsync(ProjectRole.Member, "agent"));
        (await agent.PostAsync("machines", new LaunchRequest { Image = "tiny" }).RefusalAsync()).ShouldBe("403 forbidden");
        foreach (var more in new LaunchRequest[]
                 {
                     new() { UserData = "#!/bin/sh\n" }, new() { FirstBoot = "true" }, new() { Host = "local" }, new() { NetworkMode = MachineNetworkMode.Lan }, new() { Network = "net0" },
                     new() { Forwards = [new ForwardRequest { GuestPort = 80 }] }, new() { TtlSeconds = 60 }, new() { Keys = ["k"] }, new() { Options = new Dictionary<string, string> { ["a"] = "b" } },
                 })
            (await agent.PostAsync("machines", more with { Template = "web" }).RefusalAsync()).ShouldBe("403 forbidden", more.ToString());
        var launched = await agent.MakeAsync<Operation>("machines", new LaunchRequest { Template = "web", Name = "mine", MemoryMiB = 256, Cpus = 1 });
        (await agent.ReadAsync<Page<Machine>>("machines")).Items.Select(m => m.Name).ShouldBe(["mine"]);
        (await agent.GetAsync($"operations/{launched.Id}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        // What its user does elsewhere is nothing that it sees or hears of.
        await using (var db = _server.Db())
        {
            var user = await db.Users.Where(u => u.Name == "agent").Select(u => u.Id).SingleAsync();
            await db.Machines.Where(m => m.Id == other.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.OwnerId, user));
            await db.Operations.Where(o => o.SubjectId == other.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.OwnerId, user));
            await db.Events.ExecuteUpdateAsync(s => s.SetProperty(e => e.OwnerId, user));
        }

        (await agent.ReadAsync<Page<Operation>>("operations")).Items.Select(o => o.SubjectId).Distinct().ShouldBe([launched.SubjectId]);
        (await HeardAsync(agent, launched.SubjectId)).ShouldNotContain(other.Id);
        (await agent.GetAsync($"machines/{other.Id}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        foreach (var closed in new[] { "images", "keys", "pools", "tokens", "account", "projects", "hosts", "users" })
            (await agent.GetAsync(closed)).StatusCode.ShouldBe(System.Net.HttpStatusCode.Forbidden, closed);
    }

    private async Task SetAsync(ProjectRole role, string user = "robot")
        => (await _server.Client.PutAsJsonAsync($"projects/default/members/{user}", new SetMemberRequest(role), WarrenJson.Options)).EnsureSuccessStatusCode();

    private static async Task<Stream> OpenEventsAsync(HttpClient who)
    {
        var stream = await who.GetStreamAsync("events");
        (await stream.ReadAsync(new byte[4096])).ShouldBeGreaterThan(0);
        return stream;
    }

    /// <summary>All events from the beginning on to the first about a subject.</summary>
    private static async Task<string> HeardAsync(HttpClient who, string until)
    {
        using var limit = new CancellationTokenSource(AtOnce);
        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        request.Headers.Add("Last-Event-ID", "0");
        using var answer = await who.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var heard = "";
        while (!heard.Contains(until, StringComparison.Ordinal) && await reader.ReadLineAsync(limit.Token) is { } line) heard += line;
        return heard;
    }

    private static async Task EndsAsync(Stream stream)
    {
        using var limit = new CancellationTokenSource(AtOnce);
        try
        {
            while (await stream.ReadAsync(new byte[4096], limit.Token) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Cut off, which is an end, too.
        }
    }
}
