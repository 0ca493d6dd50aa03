using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>What depends on facets, over the API, on both databases. One at a time: the rig's planned failure is one for all.</summary>
public abstract class HostVerbTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    [Fact]
    public async Task Networks_and_storage_are_made_listed_and_removed_and_refused_where_there_are_none()
    {
        await using var server = await StartAsync();
        await AddAsync(server, "rig", "a");
        using (var made = await server.Client.PostAsJsonAsync("hosts/a/networks", new CreateNetworkRequest { Name = "lab", Range = "10.7.0.0/24" }, WarrenJson.Options)) ((int)made.StatusCode).ShouldBe(201);
        (await ListAsync<Network>(server, "hosts/a/networks")).Single().ShouldSatisfyAllConditions(n => n.Name.ShouldBe("lab"), n => n.Kind.ShouldBe(NetworkKind.Nat), n => n.Ours.ShouldBeTrue());
        (await GetAsync(server, "a")).Networks.ShouldBe(["lab"]);
        using (var gone = await server.Client.DeleteAsync("hosts/a/networks/lab")) ((int)gone.StatusCode).ShouldBe(204);
        (await RefusedAsync(server, HttpMethod.Delete, "hosts/a/networks/lab", null, 422)).Detail!.ShouldContain("not ours");
        using (var made = await server.Client.PostAsJsonAsync("hosts/a/storage", new CreateStorageRequest { Name = "fast", Path = "/srv/fast" }, WarrenJson.Options)) ((int)made.StatusCode).ShouldBe(201);
        (await ListAsync<Storage>(server, "hosts/a/storage")).Single().Path.ShouldBe("/srv/fast");
        (await RefusedAsync(server, HttpMethod.Post, "hosts/a/networks", """{"name":"x","range":"8.8.8.0/24"}""", 400)).Errors!.Keys.ShouldBe(["range"]);
        (await RefusedAsync(server, HttpMethod.Post, "hosts/a/networks", """{"name":"x","kind":"bridge"}""", 400)).Errors!.Keys.ShouldBe(["bridge"]);
        (await RefusedAsync(server, HttpMethod.Post, "hosts/a/storage", """{"name":"x","path":"/srv/../etc"}""", 400)).Errors!.Keys.ShouldBe(["path"]);
        await AddDockAsync(server);
        (await RefusedAsync(server, HttpMethod.Get, "hosts/dock/networks", null, 422)).Detail.ShouldBe("Host 'dock' has no networks: the driver docker cannot do this.");
        (await RefusedAsync(server, HttpMethod.Get, "hosts/nowhere/storage", null, 404)).Type.ShouldEndWith("not-found");
    }

    [Fact]
    public async Task A_foreign_machine_is_shown_left_alone_and_adopted_on_request()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        var rig = await DriverAsync<RigDriver>(server, "a");
        rig.Foreign["Old Web_1"] = ObservedPower.On;
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        (await ListAsync<HostMachine>(server, "hosts/a/machines")).ShouldBe([new HostMachine("Old Web_1", "on", false), new HostMachine((await MachineAsync(server, "m")).Id, "on", true, "m", 192)], ignoreOrder: true);

        (await server.EndAsync(await server.PostAsync("hosts/a/machines/missing/adopt"))).Status.ShouldBe(OperationStatus.Failed);
        await using (var db = server.Db()) (await db.Machines.CountAsync()).ShouldBe(1, "what could not be adopted is not remembered");
        await SucceedsAsync(server, "hosts/a/machines/Old%20Web_1/adopt");
        await BecomesAsync(server, "old-web-1", MachineState.Running);
        (await MachineAsync(server, "old-web-1")).ShouldSatisfyAllConditions(
            m => m.Image.ShouldBeNull(), m => m.Spec.MemoryMiB.ShouldBe(768), m => m.Spec.Cpus.ShouldBe(3), m => m.Spec.DiskGiB.ShouldBe(7), m => m.Host.ShouldBe("a"));
        await SucceedsAsync(server, "machines/old-web-1/stop", new StopRequest { Force = true });
        await SucceedsAsync(server, "machines/old-web-1/start");
        await AddDockAsync(server);
        (await RefusedAsync(server, HttpMethod.Post, "hosts/dock/machines/x/adopt", "{}", 422)).Detail!.ShouldContain("cannot have machines adopted");
    }

    [Fact]
    public async Task An_adoption_that_was_broken_off_behind_its_mark_can_be_made_again()
    {
        const string Marked = "01brokenoffadoption0000000";
        await using var server = await StartAsync();
        await AddAsync(server, "rig", "a");
        var rig = await DriverAsync<RigDriver>(server, "a");
        rig.Foreign["older"] = ObservedPower.On;
        await rig.AdoptAsync("older", Marked, default);
        (await ListAsync<HostMachine>(server, "hosts/a/machines")).ShouldBe([new HostMachine(Marked, "on", true)], "it carries our mark and is in no row");
        await SucceedsAsync(server, $"hosts/a/machines/{Marked}/adopt", new AdoptRequest { Name = "older" });
        (await MachineAsync(server, "older")).Id.ShouldBe(Marked);
        (await RefusedAsync(server, HttpMethod.Post, $"hosts/a/machines/{Marked}/adopt", """{"name":"again"}""", 409)).Type.ShouldEndWith("conflict");
    }

    [Fact]
    public async Task A_machine_is_paused_resumed_and_set_to_start_with_its_host()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        await SucceedsAsync(server, "machines/m/pause");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Paused);
        await SucceedsAsync(server, "machines/m/pause");
        await SucceedsAsync(server, "machines/m/resume");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
        await SucceedsAsync(server, "machines/m/autostart", new AutostartRequest { On = true });
        (await MachineAsync(server, "m")).Autostart.ShouldBe(true);
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Addresses.SequenceEqual(["192.0.2.7"]), "its address is seen");
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        (await MachineAsync(server, "m")).Addresses.ShouldBeEmpty();
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/pause", null, 409)).Type.ShouldEndWith("illegal-state");
    }

    [Fact]
    public async Task A_suspended_machine_gives_its_room_back_and_is_refused_everything_but_its_start_its_stop_and_its_end()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = 256 });
        (await GetAsync(server, "a")).Capabilities["suspend"].Available.ShouldBeTrue();
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Readiness.Has(ReadinessRung.Agent), "its agent answers");
        var used = (await GetAsync(server, "a")).MemoryUsedMiB;
        for (var i = 0; i < 2; i++) await SucceedsAsync(server, "machines/m/suspend");
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(
            m => m.State.ShouldBe(MachineState.Suspended), m => m.ProcessId.ShouldBeNull(), m => m.Readiness.Rung.ShouldBe(ReadinessRung.None), m => m.Wanted.ShouldBe(WantedPower.Off));
        (await GetAsync(server, "a")).MemoryUsedMiB.ShouldBeLessThan(used - 255);
        foreach (var (verb, body) in new[] { ("pause", null), ("restart", "{}"), ("clone", "{}") })
            (await RefusedAsync(server, HttpMethod.Post, $"machines/m/{verb}", body, 409)).Type.ShouldEndWith("illegal-state", customMessage: verb);
        (await RefusedAsync(server, HttpMethod.Patch, "machines/m", """{"cpus":2}""", 409)).Type.ShouldEndWith("illegal-state");

        await SucceedsAsync(server, "machines/m/resume");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Readiness.Has(ReadinessRung.Agent), "it climbs anew");
        await SucceedsAsync(server, "machines/m/pause");
        await SucceedsAsync(server, "machines/m/suspend");
        await SucceedsAsync(server, "machines/m/start");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
        await SucceedsAsync(server, "machines/m/suspend");
        await SucceedsAsync(server, "machines/m/stop");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Stopped);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/suspend", null, 409)).Type.ShouldEndWith("illegal-state");
        await SucceedsAsync(server, "machines/m/start");
        await SucceedsAsync(server, "machines/m/suspend");
        (await server.EndAsync(await server.DeleteAsync("machines/m"))).Status.ShouldBe(OperationStatus.Succeeded);
    }

    [Fact]
    public async Task What_is_suspended_asks_for_room_again_and_stays_suspended_while_there_is_none()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, new AddHostRequest { Name = "a", Hypervisor = "rig", Settings = Settings(("address", "a"), ("memoryMiB", "4096")) });
        await BecomesAsync(server, "a", h => h.Usable, "usable");
        var half = (int)((await GetAsync(server, "a")).MemoryMiB / 2);
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = half });
        await SucceedsAsync(server, "machines/m/suspend");
        await server.LaunchAsync(new LaunchRequest { Name = "n", Image = "tiny", Host = "a", MemoryMiB = half });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/start", null, 409)).Type.ShouldEndWith("capacity-exhausted");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Suspended);
        await SucceedsAsync(server, "machines/n/suspend");
        await SucceedsAsync(server, "machines/m/start");
    }

    [Fact]
    public async Task A_start_from_a_suspension_that_fails_keeps_it_and_lost_memory_is_not_answered_by_a_boot()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        var rig = await DriverAsync<RigDriver>(server, "a");
        await SucceedsAsync(server, "machines/m/suspend");
        rig.Imitation.Faults.Fail("Start", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.PostAsync("machines/m/start"))).Status.ShouldBe(OperationStatus.Failed);
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.State.ShouldBe(MachineState.Suspended), m => m.Problem!.Detail!.ShouldContain("planned failure of Start"));
        (await rig.ObserveAsync(machine.Id, default)).Power.ShouldBe(ObservedPower.Suspended);

        rig.Imitation.Faults.Hang("Start", times: 1);
        var cancelled = await server.PostAsync("machines/m/start");
        await Eventually.BecomesAsync(() => Task.FromResult(rig.Imitation.Faults.Calls.Count(c => c.StartsWith("Start ", StringComparison.Ordinal)) > 2), "start is tried");
        await server.PostAsync($"operations/{cancelled.Id}/cancel");
        (await server.EndAsync(cancelled)).Status.ShouldBe(OperationStatus.Cancelled);
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Suspended);

        await rig.KillAsync(machine.Id, default);
        (await server.EndAsync(await server.PostAsync("machines/m/start"))).Problem!.Type.ShouldEndWith("memory-gone");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Stopped);
        await SucceedsAsync(server, "machines/m/start");
        // By somebody on the host, past the server.
        await rig.Suspend!.SuspendAsync(machine.Id, default);
        await BecomesAsync(server, "m", MachineState.Suspended);
    }

    [Fact]
    public async Task A_guest_that_installs_itself_says_how_far_it_is_until_its_remote_desktop_answers()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        var rig = await DriverAsync<RigDriver>(server, "a");
        rig.Progress = new InstallationProgress("Copying files (12 %)", false, null);
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Readiness.Detail == "Copying files (12 %)", "its step is shown");
        (await MachineAsync(server, "m")).Readiness.Has(ReadinessRung.RemoteDesktop).ShouldBeFalse();
        rig.Progress = new InstallationProgress("Windows started", true, "127.0.0.1:3389");
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Readiness is { RemoteDesktop: "127.0.0.1:3389", Detail: null } r && r.Has(ReadinessRung.RemoteDesktop), "its desktop is ready");
    }

    [Fact]
    public async Task A_machine_without_a_forward_is_reached_by_its_address()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a");
        using (var made = await server.Client.PostAsJsonAsync("hosts/a/networks", new CreateNetworkRequest { Name = "lab" }, WarrenJson.Options)) made.EnsureSuccessStatusCode();
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Network = "lab" });
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Ssh == new SshAddress("192.0.2.7", 22, "root"), "ssh goes to its address");
    }

    [Fact]
    public async Task A_running_machine_moves_with_its_row_its_ports_and_its_room()
    {
        await using var server = await MovableAsync();
        var before = await MachineAsync(server, "m");
        await SucceedsAsync(server, "machines/m/migrate", new MigrateRequest { Host = "b" });
        var after = await MachineAsync(server, "m");
        after.ShouldSatisfyAllConditions(m => m.Host.ShouldBe("b"), m => m.State.ShouldBe(MachineState.Running), m => m.MovingTo.ShouldBeNull(), m => m.Forwards.Count.ShouldBe(before.Forwards.Count), m => m.Placement!.Why!.ShouldContain("from 'a'"));
        (await GetAsync(server, "a")).MemoryUsedMiB.ShouldBe(0);
        (await GetAsync(server, "b")).MemoryUsedMiB.ShouldBe(192 + 96);
        await using (var db = server.Db()) (await db.PortForwards.AllAsync(f => f.Host == "b")).ShouldBeTrue();
        await SucceedsAsync(server, "machines/m/restart", new StopRequest { Force = true });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/migrate", """{"host":"b"}""", 400)).Errors!.Keys.ShouldBe(["host"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/migrate", """{"host":"local"}""", 422)).Detail!.ShouldContain("hosts of one kind");
        using (var drained = await server.Client.PostAsync("hosts/a/drain", null)) drained.EnsureSuccessStatusCode();
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/migrate", """{"host":"a"}""", 409)).Detail!.ShouldContain("draining");
    }

    [Theory]
    [InlineData(true, HypervisorErrorKind.Unreachable, "b", OperationStatus.Succeeded)] // It had moved; the second try finds so.
    [InlineData(true, HypervisorErrorKind.Rejected, "b", OperationStatus.Failed)]
    [InlineData(false, HypervisorErrorKind.Rejected, "a", OperationStatus.Failed)]
    public async Task Whatever_happens_to_a_move_the_row_names_the_host_that_has_it(bool moved, HypervisorErrorKind kind, string host, OperationStatus status)
    {
        await using var server = await MovableAsync();
        RigDriver.FailMigration = (moved, kind);
        (await server.EndAsync(await server.PostAsync("machines/m/migrate", new MigrateRequest { Host = "b" }))).Status.ShouldBe(status);
        await BecomesAsync(server, "m", MachineState.Running);
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.Host.ShouldBe(host), m => m.MovingTo.ShouldBeNull(), m => m.Forwards.Count.ShouldBe(1));
        await using var db = server.Db();
        (await db.PortForwards.Select(f => f.Host).Distinct().ToListAsync()).ShouldBe([host]);
    }

    [Fact]
    public async Task A_stopped_machine_is_cloned_into_one_of_its_own()
    {
        await using var server = await MovableAsync();
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/clone", "{}", 409)).Type.ShouldEndWith("illegal-state");
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        await SucceedsAsync(server, "machines/m/clone", new CloneRequest { Name = "copy" });
        var (source, copy) = (await MachineAsync(server, "m"), await MachineAsync(server, "copy"));
        copy.ShouldSatisfyAllConditions(m => m.State.ShouldBe(MachineState.Running), m => m.Host.ShouldBe("a"), m => m.Image.ShouldBe("tiny"), m => m.Forwards.Single().HostPort.ShouldNotBe(source.Forwards.Single().HostPort));
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/clone", """{"name":"copy"}""", 409)).Type.ShouldEndWith("name-taken");
        await SucceedsAsync(server, "machines/m/clone", new CloneRequest { Name = "whole", Full = true, Start = false });
        (await MachineAsync(server, "whole")).State.ShouldBe(MachineState.Stopped);
        await SucceedsAsync(server, "machines/m/start");
        await using var db = server.Db();
        (await db.Machines.Select(m => m.MacAddress).Distinct().CountAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task A_serial_console_stays_open_while_its_machine_moves_and_ends_when_it_goes_off()
    {
        await using var server = await MovableAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        await socket.ConnectAsync(new Uri(server.Url.Replace("http://", "ws://", StringComparison.Ordinal) + "/api/v1/machines/m/serial"), limit.Token);
        await ReadToAsync(socket, "line of a\n", limit.Token);
        await socket.SendAsync("hello\n"u8.ToArray(), WebSocketMessageType.Binary, true, limit.Token);
        await ReadToAsync(socket, "hello\n", limit.Token);
        await SucceedsAsync(server, "machines/m/migrate", new MigrateRequest { Host = "b" });
        await ReadToAsync(socket, "line of b\n", limit.Token);
        await socket.SendAsync("still here\n"u8.ToArray(), WebSocketMessageType.Binary, true, limit.Token);
        await ReadToAsync(socket, "still here\n", limit.Token);
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        (await socket.ReceiveAsync(new byte[100], limit.Token)).MessageType.ShouldBe(WebSocketMessageType.Close);
        socket.CloseStatusDescription.ShouldBe("the machine is off");
    }

    private static async Task ReadToAsync(ClientWebSocket socket, string end, CancellationToken cancellation)
    {
        var (text, buffer) = (new StringBuilder(), new byte[1024]);
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, cancellation);
            received.MessageType.ShouldBe(WebSocketMessageType.Binary, text.ToString());
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
        }
    }

    private async Task<TestServer> MovableAsync()
    {
        var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "a", "b");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" });
        return server;
    }

    /// <summary>A host whose driver can do little, and which is not there.</summary>
    private static Task<Host> AddDockAsync(TestServer server)
        => AddAsync(server, new AddHostRequest { Name = "dock", Hypervisor = "docker", Settings = Settings(("endpoint", "unix:///run/warren-tests-have-none.sock")) });

    private static async Task<IReadOnlyList<T>> ListAsync<T>(TestServer server, string path) => (await server.Client.GetFromJsonAsync<Page<T>>(path, WarrenJson.Options))!.Items;
}

public sealed class SqliteHostVerbTests() : HostVerbTests(null);

public sealed class PostgresHostVerbTests(PostgresCluster cluster) : HostVerbTests(cluster);
