using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>Where machines go, and why, on both databases.</summary>
public abstract class PlacementTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    [Fact]
    public async Task The_tightest_fit_is_chosen_and_the_reasons_are_kept_on_the_machine()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await SizedAsync(server, "big", 8192);
        await SizedAsync(server, "small", 2048);
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", MemoryMiB = 512 });
        machine.Host.ShouldBe("small");
        machine.Placement!.Why!.ShouldContain("tightest fit: 416 MiB stay free");
        machine.Placement.Hosts.Single(h => h.Host == "big").ShouldSatisfyAllConditions(h => h.Fits.ShouldBeTrue(), h => h.Reasons.ShouldBe(["would take it, with 6560 MiB left free where 'small' has 416"]));

        var next = await PlaceAsync(server, new LaunchRequest { Image = "tiny", MemoryMiB = 512 });
        next.Host.ShouldBe("big");
        next.Hosts.Single(h => h.Host == "small").ShouldSatisfyAllConditions(h => h.Fits.ShouldBeFalse(), h => h.Reasons[0].ShouldContain("416 of 1024 MiB are free"));
        (await server.LaunchAsync(new LaunchRequest { Name = "n", Image = "tiny", MemoryMiB = 512 })).Host.ShouldBe("big");
        await using var db = server.Db();
        db.Machines.Count().ShouldBe(2, "asking changes nothing");
    }

    [Fact]
    public async Task Labels_networks_options_capabilities_and_formats_narrow_the_choice()
    {
        await using var server = await StartAsync("Hosts:Labels:zone=home");
        await server.AddImageAsync();
        await AddAsync(server, new AddHostRequest { Name = "box", Hypervisor = "box", Labels = Settings(("zone", "cellar")) });
        await AddAsync(server, new AddHostRequest { Name = "rig", Hypervisor = "rig", Settings = Settings(("address", "x")), Labels = Settings(("zone", "attic")), MachineLimit = 1 });
        foreach (var host in new[] { "box", "rig" }) await BecomesAsync(server, host, h => h.Usable, "usable");
        using (var made = await server.Client.PostAsJsonAsync("hosts/rig/networks", new CreateNetworkRequest { Name = "lab", Range = "192.168.150.0/24" }, WarrenJson.Options)) made.EnsureSuccessStatusCode();

        (await PlaceAsync(server, new LaunchRequest { Image = "tiny", HostLabels = Settings(("zone", "home")) })).Host.ShouldBe("local");
        (await PlaceAsync(server, new LaunchRequest { Image = "tiny", Requires = ["installation"] })).Host.ShouldBe("rig");
        (await PlaceAsync(server, new LaunchRequest { Image = "tiny", Options = Settings(("colour", "red")) })).Host.ShouldBe("rig");
        (await PlaceAsync(server, new LaunchRequest { Image = "tiny", Network = "lab" })).Host.ShouldBe("rig");
        var none = await PlaceAsync(server, new LaunchRequest { Image = "tiny", Network = "nowhere", HostLabels = Settings(("zone", "attic")) });
        none.Host.ShouldBeNull();
        none.Hosts.Single(h => h.Host == "rig").Reasons.ShouldBe(["has no network nowhere; it has lab"]);
        none.Hosts.Single(h => h.Host == "box").Reasons.ShouldBe(["has the label zone=cellar; zone=attic is asked for", "does not boot qcow2: Box boots container", "has no networks to choose from: Box has its own"]);

        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Network = "lab", Options = Settings(("colour", "red")) });
        machine.ShouldSatisfyAllConditions(m => m.Host.ShouldBe("rig"), m => m.Forwards.ShouldBeEmpty(), m => m.Spec.Network.ShouldBe("lab"), m => m.Spec.Options["colour"].ShouldBe("red"));
        (await PlaceAsync(server, new LaunchRequest { Image = "tiny", Network = "lab" })).Hosts.Single(h => h.Host == "rig").Reasons.ShouldBe(["has 1 machines and takes no more than 1"]);
    }

    [Fact]
    public async Task When_none_fits_one_problem_names_each_host_with_its_reason()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "fake", "a");
        using (var drained = await server.Client.PostAsync("hosts/a/drain", null)) drained.EnsureSuccessStatusCode();
        var problem = await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","requires":["installation"]}""", 409);
        problem.Type.ShouldBe("urn:warren:problem:no-host");
        problem.Errors!["hosts.a"].Single().ShouldStartWith("is draining and takes no new machines; has no installation: ");
        problem.Errors["hosts.local"].Single().ShouldStartWith("has no installation: ");
        problem.Detail!.ShouldContain("a: is draining");
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","requires":["levitation"]}""", 400)).Errors!["requires"].Single().ShouldContain("snapshots");
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","network":"a","forwards":[{"guestPort":80}]}""", 400)).Errors!.Keys.ShouldBe(["forwards"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","network":"-a"}""", 400)).Errors!.Keys.ShouldBe(["network"]);
        await using var db = server.Db();
        db.Machines.Any().ShouldBeFalse();
    }

    [Fact]
    public async Task Thirty_launches_at_once_fill_three_hosts_exactly()
    {
        await using var server = await StartAsync("Hosts:OverheadMiB=0", "Machines:MaximumMemoryMiB=4096");
        await server.AddImageAsync();
        using (var drained = await server.Client.PostAsync("hosts/local/drain", null)) drained.EnsureSuccessStatusCode();
        foreach (var name in new[] { "a", "b", "c" }) await SizedAsync(server, name, 1024 + (7 * 512));
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => server.Client.PostAsJsonAsync(
            "machines", new LaunchRequest { Name = $"m{i}", Image = "tiny", MemoryMiB = 512 }, WarrenJson.Options)));
        answers.Count(a => (int)a.StatusCode == 202).ShouldBe(21, string.Join(' ', answers.Select(a => (int)a.StatusCode)));
        await using var db = server.Db();
        db.Machines.AsEnumerable().GroupBy(m => m.Host).Select(g => g.Count()).ShouldBe([7, 7, 7]);
    }

    private static async Task SizedAsync(TestServer server, string name, int memoryMiB)
    {
        await AddAsync(server, new AddHostRequest { Name = name, Hypervisor = "fake", Settings = Settings(("memoryMiB", memoryMiB.ToString())) });
        await BecomesAsync(server, name, h => h.Usable, "usable");
    }

    private static async Task<Placement> PlaceAsync(TestServer server, LaunchRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync("machines/placement", request, WarrenJson.Options);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Placement>(WarrenJson.Options))!;
    }
}

public sealed class SqlitePlacementTests() : PlacementTests(null);

public sealed class PostgresPlacementTests(PostgresCluster cluster) : PlacementTests(cluster);
