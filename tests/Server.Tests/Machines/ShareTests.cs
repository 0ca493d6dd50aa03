using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>Lists of destinations and limits of network and disks, as far as the server has a word in them.</summary>
public sealed class ShareTests : IAsyncLifetime
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

    private static LaunchRequest Plain { get; } = new() { Image = "tiny", Name = "a", Start = false };

    [Fact]
    public async Task A_list_is_kept_in_one_way_of_writing_shown_and_told_to_the_driver_and_stands_for_internet()
    {
        await AcceptedAsync(_server.Client, Plain with { Egress = ["203.0.113.77/24", "203.0.113.7:443-443", "[2001:DB8::1]:443/tcp", "203.0.113.0/24", "names"], NetworkMbps = 8, DiskMiBps = 20, DiskIops = 500 });
        string[] kept = ["203.0.113.0/24", "203.0.113.7:443", "[2001:db8::1]:443/tcp", "names"];
        var spec = (await _server.Client.GetFromJsonAsync<Machine>("machines/a", WarrenJson.Options))!.Spec;
        spec.Egress.ShouldBe(kept);
        (spec.NetworkMode, spec.NetworkMbps, spec.DiskMiBps, spec.DiskIops).ShouldBe((MachineNetworkMode.Internet, 8, 20, 500));
        var told = await ToldAsync();
        told.Egress.ShouldBe(kept);
        (told.NetworkMode, told.NetworkMbps, told.DiskMiBps, told.DiskIops).ShouldBe((GuestNetworkMode.Internet, 8, 20, 500));
    }

    public static TheoryData<string, LaunchRequest> Bad { get; } = new()
    {
        { "egress", Plain with { Egress = ["example.org:443"] } },
        { "egress", Plain with { Egress = ["203.0.113.7\nadd rule"] } },
        { "egress", Plain with { Egress = ["203.0.113.7", null!] } },
        { "egress", Plain with { Egress = ["10.0.0.5:443"] } },
        { "egress", Plain with { Egress = ["169.254.169.254"] } },
        { "egress", Plain with { Egress = [.. Enumerable.Range(0, 65).Select(i => $"203.0.113.{i}")] } },
        { "egress", Plain with { Egress = ["203.0.113.7"], NetworkMode = MachineNetworkMode.Isolated } },
        { "egress", Plain with { Egress = ["203.0.113.7"], NetworkMode = MachineNetworkMode.Lan } },
        { "egress", Plain with { Egress = ["203.0.113.7"], Network = "lab" } },
        { "networkMbps", Plain with { NetworkMbps = 0 } },
        { "networkMbps", Plain with { NetworkMbps = 100_001 } },
        { "networkMbps", Plain with { NetworkMbps = 5, Network = "lab" } },
        { "diskMiBps", Plain with { DiskMiBps = -1 } },
        { "diskIops", Plain with { DiskIops = 9 } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task What_breaks_a_rule_is_refused_by_the_name_of_its_field(string field, LaunchRequest request) => await RefusedAsync(_server.Client, request, field);

    [Theory]
    [InlineData("NetworkMbps=0")]
    [InlineData("DiskIops=5")]
    [InlineData("DiskMiBps=100001")]
    public void A_configured_limit_that_no_machine_could_start_with_is_told_when_the_server_starts(string setting)
    {
        var configuration = new ConfigurationBuilder().AddCommandLine(["--Machines:" + setting]).Build();
        Should.Throw<InvalidOperationException>(() => MachineOptions.Read(configuration)).Message.ShouldContain("Machines:" + setting.Split('=')[0]);
    }

    [Fact]
    public async Task A_template_says_them_and_its_mistakes_are_named()
    {
        using var made = await _server.Client.PostAsJsonAsync("templates", new { yaml = "name: shut\nimage: tiny\negress: [203.0.113.7:443, names]\nnetworkMbps: 8\ndiskMiBps: 20\ndiskIops: 500\n" });
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        var launch = new LaunchRequest { Name = "a", Template = "shut", Start = false };
        await RefusedAsync(_server.Client, launch with { Egress = ["203.0.113.9"], NetworkMode = MachineNetworkMode.Isolated }, "egress");
        await AcceptedAsync(_server.Client, launch with { DiskIops = 100 });
        var told = await ToldAsync();
        told.Egress.ShouldBe(["203.0.113.7:443", "names"]);
        (told.NetworkMode, told.NetworkMbps, told.DiskMiBps, told.DiskIops).ShouldBe((GuestNetworkMode.Internet, 8, 20, 100));
        using var wrong = await _server.Client.PostAsJsonAsync("templates", new { yaml = "name: wrong\nimage: tiny\negress: [10.0.0.1]\ndiskIops: 1\n" });
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var said = await wrong.Content.ReadAsStringAsync();
        said.ShouldContain("10.0.0.1 is private");
        said.ShouldContain("diskIops");
    }

    [Fact]
    public async Task What_is_configured_holds_for_everybody_but_administrators_who_may_ask_for_less_and_not_for_more()
    {
        await StartAsync("Machines:NetworkMbps=50", "Machines:DiskMiBps=40", "Machines:DiskIops=300");
        using var ann = await MemberAsync();
        foreach (var (field, more) in new[] { ("networkMbps", Plain with { NetworkMbps = 51 }), ("diskMiBps", Plain with { DiskMiBps = 41 }), ("diskIops", Plain with { DiskIops = 301 }) })
            await RefusedAsync(ann, more, field);
        await AcceptedAsync(ann, Plain with { DiskIops = 100 });
        Limits(await ToldAsync()).ShouldBe((50, 40, 100));
        await AcceptedAsync(_server.Client, Plain with { Name = "b", DiskMiBps = 400 });
        Limits(await ToldAsync("b")).ShouldBe((null, 400, null), "administrators decide themselves");
        var limits = (await ann.GetFromJsonAsync<Limits>("limits", WarrenJson.Options))!;
        (limits.NetworkMbps, limits.DiskMiBps, limits.DiskIops).ShouldBe((50, 40, 300));
        (await _server.Client.GetFromJsonAsync<Limits>("limits", WarrenJson.Options))!.NetworkMbps.ShouldBeNull();
    }

    [Fact]
    public async Task What_is_configured_holds_for_machines_that_had_more_or_were_somebody_elses()
    {
        await StartAsync("Machines:NetworkMbps=50");
        using var ann = await MemberAsync();
        await AcceptedAsync(_server.Client, Plain with { NetworkMbps = 900 });
        // At once, whatever its launch is writing meanwhile.
        await using (var db = _server.Db()) await db.Machines.ExecuteUpdateAsync(m => m.SetProperty(x => x.OwnerId, "u2"));
        (await ToldAsync()).NetworkMbps.ShouldBe(50);
    }

    private static (int?, int?, int?) Limits(MachineDefinition told) => (told.NetworkMbps, told.DiskMiBps, told.DiskIops);

    private static async Task AcceptedAsync(HttpClient client, LaunchRequest request)
    {
        using var answer = await client.PostAsJsonAsync("machines", request, WarrenJson.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync());
    }

    private static async Task RefusedAsync(HttpClient client, LaunchRequest request, string field)
    {
        using var answer = await client.PostAsJsonAsync("machines", request, WarrenJson.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldContain(k => k.StartsWith(field, StringComparison.Ordinal));
    }

    private async Task<MachineDefinition> ToldAsync(string name = "a")
    {
        await using var scope = _server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var machine = await scope.ServiceProvider.GetRequiredService<WarrenDb>().Machines.SingleAsync(m => m.Name == name);
        return await scope.ServiceProvider.GetRequiredService<MachineDefinitions>().OfAsync(machine, CancellationToken.None);
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
