using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>What a guest may reach, as far as the server has a word in it: who may have which, what is kept, what the driver is told.</summary>
public sealed class NetworkModeTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public ValueTask InitializeAsync() => StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async ValueTask StartAsync(params string[] settings)
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = await TestServer.StartAsync(settings: settings);
        await _server.AddImageAsync();
        await Eventually.BecomesAsync(async () => (await _server.Client.GetStringAsync("hosts/local")).Contains("\"usable\":true", StringComparison.Ordinal), "probed");
    }

    [Theory]
    [InlineData(MachineNetworkMode.Isolated, GuestNetworkMode.Isolated), InlineData(MachineNetworkMode.Internet, GuestNetworkMode.Internet), InlineData(MachineNetworkMode.Lan, GuestNetworkMode.Lan)]
    public async Task A_mode_is_kept_shown_and_told_to_the_driver(MachineNetworkMode wanted, GuestNetworkMode told)
    {
        (await LaunchAsync(_server.Client, wanted)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await _server.Client.GetFromJsonAsync<Machine>("machines/a", WarrenJson.Options))!.Spec.NetworkMode.ShouldBe(wanted);
        (await ToldAsync()).ShouldBe(told);
    }

    [Fact]
    public async Task Nothing_is_said_where_nobody_says_anything_and_the_driver_takes_the_safest()
    {
        (await LaunchAsync(_server.Client, null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await ToldAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task What_the_configuration_says_holds_for_machines_that_say_nothing()
    {
        await StartAsync("Machines:NetworkMode=lan");
        (await LaunchAsync(_server.Client, null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await ToldAsync()).ShouldBe(GuestNetworkMode.Lan);
    }

    [Fact]
    public async Task The_network_of_the_host_is_for_the_owner_of_the_server_by_a_template_too()
    {
        using var ann = await MemberAsync();
        await RefusedAsync(await LaunchAsync(ann, MachineNetworkMode.Lan));
        using var made = await _server.Client.PostAsJsonAsync("templates", new { yaml = "name: open\nimage: tiny\nnetworkMode: lan\n" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        await RefusedAsync(await ann.PostAsJsonAsync("machines", new LaunchRequest { Name = "b", Template = "open" }, WarrenJson.Options));
        (await LaunchAsync(ann, MachineNetworkMode.Internet)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_mode_needs_the_hosts_default_network()
    {
        using var answer = await _server.Client.PostAsJsonAsync("machines", new LaunchRequest { Image = "tiny", Network = "lab", NetworkMode = MachineNetworkMode.Isolated }, WarrenJson.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldContain("networkMode");
    }

    private static Task<HttpResponseMessage> LaunchAsync(HttpClient client, MachineNetworkMode? mode) =>
        client.PostAsJsonAsync("machines", new LaunchRequest { Image = "tiny", Name = "a", Start = false, NetworkMode = mode }, WarrenJson.Options);

    private static async Task RefusedAsync(HttpResponseMessage answer)
    {
        using var _ = answer;
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Detail!.ShouldContain("networkMode lan");
    }

    private async Task<GuestNetworkMode?> ToldAsync()
    {
        await using var scope = _server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var machine = await scope.ServiceProvider.GetRequiredService<WarrenDb>().Machines.SingleAsync(m => m.Name == "a");
        return (await scope.ServiceProvider.GetRequiredService<MachineDefinitions>().OfAsync(machine, CancellationToken.None)).NetworkMode;
    }

    private async Task<HttpClient> MemberAsync()
    {
        await using var db = _server.Db();
        var project = (await db.Projects.SingleAsync()).Id;
        db.Users.Add(new() { Id = "u2", Name = "ann", Role = UserRole.Member, ProjectId = project, CreatedAt = _server.Clock.GetUtcNow() });
        db.Add(new Server.Access.ProjectMemberRow { ProjectId = project, UserId = "u2", Role = ProjectRole.Member });
        db.Tokens.Add(new() { Id = "t2", Hash = Server.Access.Secrets.Hash("wrn_ann"), Name = "ann", UserId = "u2", ProjectId = project, CreatedAt = _server.Clock.GetUtcNow() });
        await db.SaveChangesAsync();
        var ann = _server.Anonymous();
        ann.DefaultRequestHeaders.Authorization = new("Bearer", "wrn_ann");
        return ann;
    }
}
