using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Hosts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>Hosts are added, changed, drained and removed, on both databases.</summary>
public abstract class HostLifeTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    [Fact]
    public async Task A_host_is_added_used_drained_and_removed_and_all_of_it_is_told()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        machine.Host.ShouldBe("a");
        (await GetAsync(server, "a")).ShouldSatisfyAllConditions(h => h.Machines.ShouldBe(1), h => h.MemoryUsedMiB.ShouldBe(192 + 96), h => h.Status.State.ShouldBe(HostState.Online));

        (await RefusedAsync(server, HttpMethod.Delete, "hosts/a", null, 409)).ShouldSatisfyAllConditions(
            p => p.Type.ShouldBe("urn:warren:problem:in-use"), p => p.Detail!.ShouldContain("machines: m."));
        using (var drained = await server.Client.PostAsync("hosts/a/drain", null)) drained.EnsureSuccessStatusCode();
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a"}""", 409)).Detail!.ShouldContain("draining");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running, "what is there stays");
        await SucceedsAsync(server, "machines/m/restart", new StopRequest { Force = true });

        (await server.EndAsync(await server.DeleteAsync("machines/m"))).Status.ShouldBe(OperationStatus.Succeeded);
        using (var removed = await server.Client.DeleteAsync("hosts/a")) removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using (var gone = await server.Client.GetAsync("hosts/a")) gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a"}""", 400)).Errors!.Keys.ShouldBe(["host"]);
        await using var db = server.Db();
        (await db.Events.Where(e => e.SubjectId == "a").OrderBy(e => e.Id).Select(e => e.Type).ToListAsync()).ShouldBe(["host.added", "host.status", "host.changed", "host.removed"]);
    }

    [Fact]
    public async Task Secrets_are_encrypted_at_rest_never_told_and_reach_the_driver()
    {
        await using var server = await StartAsync();
        const string secret = "correct horse battery";
        var added = await AddAsync(server, new AddHostRequest { Name = "a", Hypervisor = "rig", Settings = Settings(("address", "here"), ("password", secret)) });
        added.Secrets.ShouldBe(new Dictionary<string, bool> { ["password"] = true });
        added.Settings.ShouldBe(Settings(("address", "here")));
        (await DriverAsync<RigDriver>(server, "a")).Connection.Required("password").ShouldBe(secret);
        foreach (var path in new[] { "hosts", "hosts/a", "hypervisors" }) (await server.Client.GetStringAsync(path)).ShouldNotContain(secret);
        await using (var db = server.Db())
        {
            var row = await db.Hosts.SingleAsync(h => h.Name == "a");
            (row.Secrets + row.SettingsJson).ShouldNotContain(secret);
        }

        var ring = Directory.GetFiles(Path.Combine(server.Data, "keyring"));
        ring.ShouldNotBeEmpty();
        foreach (var key in ring) File.GetUnixFileMode(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // A change of something else keeps it; null takes it away.
        using (var patch = await server.Client.PatchAsJsonAsync("hosts/a", new EditHostRequest { Settings = new Dictionary<string, string?> { ["address"] = "there" } }, WarrenJson.Options)) patch.EnsureSuccessStatusCode();
        (await DriverAsync<RigDriver>(server, "a")).Connection.ShouldSatisfyAllConditions(c => c.Required("password").ShouldBe(secret), c => c.Required("address").ShouldBe("there"));
        using (var patch = await server.Client.PatchAsJsonAsync("hosts/a", new { settings = new Dictionary<string, string?> { ["password"] = null } }, new JsonSerializerOptions())) patch.EnsureSuccessStatusCode();
        (await GetAsync(server, "a")).Secrets["password"].ShouldBeFalse();
        (await DriverAsync<RigDriver>(server, "a")).Connection.Text("password").ShouldBeNull();
    }

    public static TheoryData<string, string> Bad() => new()
    {
        { "settings.address", """{"name":"a","hypervisor":"rig"}""" },
        { "settings.nope", """{"name":"a","hypervisor":"rig","settings":{"address":"x","nope":"1"}}""" },
        { "settings.cpus", """{"name":"a","hypervisor":"rig","settings":{"address":"x","cpus":"many"}}""" },
        { "settings.address", """{"name":"a","hypervisor":"rig","settings":{"address":"x\ny"}}""" },
        { "hypervisor", """{"name":"a","hypervisor":"abacus"}""" },
        { "hypervisor", """{"name":"a","hypervisor":"qemu"}""" },
        { "name", """{"name":"../a","hypervisor":"fake"}""" },
        { "name", """{"name":"","hypervisor":"fake"}""" },
        { "labels.b c", """{"name":"a","hypervisor":"fake","labels":{"b c":"1"}}""" },
        { "machineLimit", """{"name":"a","hypervisor":"fake","machineLimit":-1}""" },
        { "labels.zone", """{"name":"a","hypervisor":"fake","labels":{"zone":null}}""" },
        { "settings.folder", """{"name":"a","hypervisor":"fake","settings":{"folder":null}}""" },
        { "nope", """{"name":"a","hypervisor":"fake","nope":1}""" },
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task Wrong_hosts_are_refused_with_the_field_and_nothing_is_kept(string field, string json)
    {
        await using var server = await StartAsync();
        var problem = await RefusedAsync(server, HttpMethod.Post, "hosts", json, 400);
        problem.Errors!.Keys.ShouldContain(field, problem.Detail);
        await using var db = server.Db();
        (await db.Hosts.CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task The_configured_host_can_be_drained_but_neither_changed_nor_removed()
    {
        await using var server = await StartAsync("Hosts:Labels:zone=home");
        (await RefusedAsync(server, HttpMethod.Patch, "hosts/local", """{"labels":{"a":"b"}}""", 409)).Detail!.ShouldContain("configuration");
        (await RefusedAsync(server, HttpMethod.Delete, "hosts/local", null, 409)).Detail!.ShouldContain("configuration");
        (await RefusedAsync(server, HttpMethod.Post, "hosts", """{"name":"local","hypervisor":"fake"}""", 409)).Type.ShouldEndWith("name-taken");
        var local = await GetAsync(server, "local");
        local.ShouldSatisfyAllConditions(h => h.Configured.ShouldBeTrue(), h => h.Labels["zone"].ShouldBe("home"));
        using var drained = await server.Client.PostAsync("hosts/local/drain", null);
        (await GetAsync(server, "local")).Usable.ShouldBeFalse();
    }

    [Fact]
    public async Task A_stale_edit_is_refused_and_looks_at_the_host_make_none_stale()
    {
        await using var server = await StartAsync();
        await AddAsync(server, "rig", "a");
        using var first = await server.Client.GetAsync("hosts/a");
        using (var probe = await server.Client.PostAsync("hosts/a/probe", null)) probe.EnsureSuccessStatusCode();
        (await EditAsync(first.Headers.ETag!.Tag)).ShouldBe(HttpStatusCode.OK);
        (await EditAsync(first.Headers.ETag!.Tag)).ShouldBe(HttpStatusCode.PreconditionFailed);

        async Task<HttpStatusCode> EditAsync(string tag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, "hosts/a") { Content = JsonContent.Create(new { labels = new { zone = "b" } }) };
            request.Headers.TryAddWithoutValidation("If-Match", tag);
            using var answer = await server.Client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_driver_is_made_anew_when_another_replica_changed_its_settings_and_the_old_one_is_disposed_of()
    {
        await using var server = await StartAsync();
        await AddAsync(server, "rig", "a");
        var before = await DriverAsync<RigDriver>(server, "a");
        await using (var db = server.Db())
        {
            // As another replica writes it: past this one's directory.
            await db.Hosts.Where(h => h.Name == "a").ExecuteUpdateAsync(s => s.SetProperty(h => h.SettingsJson, """{"address":"elsewhere"}""").SetProperty(h => h.Connection, "other"));
        }

        await Eventually.BecomesAsync(async () => (await DriverAsync<RigDriver>(server, "a")).Connection.Required("address") == "elsewhere", "the new driver is used");
        await Eventually.BecomesAsync(() => Task.FromResult(before.Disposed), "the old one is disposed of");
        await using (var db = server.Db()) await db.Hosts.Where(h => h.Name == "a").ExecuteDeleteAsync();
        await Eventually.BecomesAsync(async () =>
        {
            try
            {
                await server.Get<HostDirectory>().FindAsync("a", default);
                return false;
            }
            catch (Warren.Server.Operations.RefusedException)
            {
                return true;
            }
        }, "a host that another replica removed is gone");
    }

    [Fact]
    public async Task Secrets_whose_keys_are_gone_are_told_with_what_to_do_and_can_be_stated_anew()
    {
        await using var server = await StartAsync();
        await AddAsync(server, new AddHostRequest { Name = "a", Hypervisor = "rig", Settings = Settings(("address", "x"), ("password", "p")) });
        await using (var db = server.Db()) await db.Hosts.Where(h => h.Name == "a").ExecuteUpdateAsync(s => s.SetProperty(h => h.Secrets, "CfDJ8nonsense").SetProperty(h => h.Connection, "other"));
        using (var probe = await server.Client.PostAsync("hosts/a/probe", null)) probe.EnsureSuccessStatusCode();
        await BecomesAsync(server, "a", h => h.Status.State == HostState.Refused && h.Status.Reason!.Contains("key ring", StringComparison.Ordinal), "says what is wrong");
        using (var patch = await server.Client.PatchAsJsonAsync("hosts/a", new EditHostRequest { Settings = new Dictionary<string, string?> { ["password"] = "new" } }, WarrenJson.Options)) patch.EnsureSuccessStatusCode();
        await BecomesAsync(server, "a", h => h.Usable, "usable again");
        (await DriverAsync<RigDriver>(server, "a")).Connection.Required("password").ShouldBe("new");
    }

    [Fact]
    public async Task Kinds_tell_what_a_host_of_theirs_needs()
    {
        await using var server = await StartAsync();
        var kinds = (await server.Client.GetFromJsonAsync<Page<Hypervisor>>("hypervisors", WarrenJson.Options))!.Items;
        kinds.Single(k => k.Name == "qemu").Addable.ShouldBeFalse();
        var rig = kinds.Single(k => k.Name == "rig");
        rig.Addable.ShouldBeTrue();
        rig.Settings.Single(s => s.Name == "password").Secret.ShouldBeTrue();
        rig.Settings.Single(s => s.Name == "address").Required.ShouldBeTrue();
        rig.MachineOptions.Single().Name.ShouldBe("colour");
        kinds.Single(k => k.Name == "box").BootFormats.ShouldBe(["container"]);
    }

    [Fact]
    public async Task Every_capability_is_told_with_the_reason_where_it_is_missing()
    {
        await using var server = await StartAsync();
        await AddAsync(server, "rig", "a");
        var local = (await GetAsync(server, "local")).Capabilities;
        local.Keys.ShouldBe(Capabilities.All, ignoreOrder: true);
        local["power"].ShouldBe(new Capability(true));
        (await GetAsync(server, "a")).Capabilities["snapshots"].ShouldBe(new Capability(false, "the driver rig cannot do this"));
    }
}

public sealed class SqliteHostLifeTests() : HostLifeTests(null);

public sealed class PostgresHostLifeTests(PostgresCluster cluster) : HostLifeTests(cluster);
