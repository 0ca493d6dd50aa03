using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Consoles.Sharing;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>One machine that is shared with users who are no members of its project: who shares it, and what they see of it.</summary>
public abstract class SharedMachineTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    private static readonly string[] s_settings = ["Access:SignUp=open", "Access:LoginsPerMinute=1000"];

    [Fact]
    public async Task Who_may_change_it_shares_it_and_nobody_else()
    {
        await using var scene = await SceneAsync();
        var path = $"machines/{scene.Machine.Id}/users";
        using var cem = await scene.Server.SignUpAsync("cem");
        (await cem.PutAsync($"{path}/ann", Role(ProjectRole.Viewer)).RefusalAsync()).ShouldBe("404 not-found");
        (await scene.Server.Client.PutAsync("projects/default/members/cem", new SetMemberRequest(ProjectRole.Viewer))).EnsureSuccessStatusCode();
        (await cem.PatchAsJsonAsync("session", new SwitchProjectRequest("default"), WarrenJson.Options)).EnsureSuccessStatusCode();
        (await cem.PutAsync($"{path}/ann", Role(ProjectRole.Viewer)).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Server.Client.PutAsync("projects/default/members/cem", new SetMemberRequest(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await cem.PutAsync($"{path}/ann", Role(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await cem.PutAsync($"{path}/nobody", Role(ProjectRole.Member)).RefusalAsync()).ShouldBe("404 not-found");
        (await cem.PutAsync($"{path}/cem", Role(ProjectRole.Member)).RefusalAsync()).ShouldBe("400 validation");
        (await cem.PutAsync($"{path}/ann", Role(ProjectRole.Administrator)).RefusalAsync()).ShouldBe("400 validation");
        var user = (await cem.ReadAsync<Page<MachineUser>>(path)).Items.ShouldHaveSingleItem();
        (user.User, user.Kind, user.Role, user.SharedBy).ShouldBe(("ann", UserKind.Person, ProjectRole.Member, "cem"));
        // She uses it, and does not share it on.
        (await scene.Ann.PutAsync($"{path}/cem", Role(ProjectRole.Viewer)).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Ann.DeleteAsync($"{path}/cem").RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Ann.DeleteAsync($"{path}/ann")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await scene.Ann.DeleteAsync($"{path}/ann").RefusalAsync()).ShouldBe("404 not-found");
        (await scene.ActionsAsync()).ShouldBe([.. Enumerable.Repeat("machine.share", 7), "machine.unshare", "machine.leave", "machine.unshare"]);
    }

    [Fact]
    public async Task It_is_listed_by_its_id_beside_ones_own_of_the_same_name()
    {
        await using var scene = await SceneAsync(ProjectRole.Member);
        await scene.GiveImageAsync();
        var mine = await scene.Ann.MakeAsync<Operation>("machines", new LaunchRequest { Name = "m", Image = "tiny" });
        (await scene.Server.EndAsync(mine)).Status.ShouldBe(OperationStatus.Succeeded);
        var listed = (await scene.Ann.ReadAsync<Page<Machine>>("machines")).Items;
        listed.Select(m => (m.Id, m.Name, m.Shared)).ShouldBe([(mine.SubjectId, "m", null), (scene.Machine.Id, "m", new SharedWithYou(ProjectRole.Member, scene.Owner))]);
        (await scene.Ann.ReadAsync<Machine>("machines/m")).Id.ShouldBe(mine.SubjectId);
        (await scene.Ann.ReadAsync<Machine>($"machines/{scene.Machine.Id}")).Shared!.By.ShouldBe(scene.Owner);
        // What is done to the one is not done to the other, and both count for who made them.
        var stop = await scene.Ann.MakeAsync<Operation>($"machines/{scene.Machine.Id}/stop", new StopRequest { Force = true });
        (await scene.Ann.ReadAsync<Operation>($"operations/{stop.Id}?wait=30")).Status.ShouldBe(OperationStatus.Succeeded);
        (await scene.Ann.ReadAsync<Page<Operation>>("operations")).Items.Select(o => o.Id).ShouldContain(stop.Id);
        (await scene.Ann.PostAsync($"operations/{stop.Id}/cancel", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Ann.ReadAsync<Machine>("machines/m")).State.ShouldBe(MachineState.Running);
        foreach (var who in new[] { "users/ann", "projects/ann", "projects/default" }) (await scene.Server.Client.ReadAsync<QuotaStanding>(who + "/limits")).Used.Machines.ShouldBe(1, who);
        // Others see neither the machine nor what is done to it.
        using var cem = await scene.Server.SignUpAsync("cem");
        (await cem.ReadAsync<Page<Machine>>("machines")).Items.ShouldBeEmpty();
        (await cem.GetAsync($"operations/{stop.Id}").RefusalAsync()).ShouldBe("404 not-found");
    }

    [Fact]
    public async Task A_token_has_nothing_of_it_unless_it_was_made_for_that()
    {
        await using var scene = await SceneAsync(ProjectRole.Member);
        var path = $"machines/{scene.Machine.Id}";
        async Task<HttpClient> TokenAsync(CreateTokenRequest request) => scene.Server.Bearer((await scene.Ann.MakeAsync<CreatedToken>("tokens", request)).Secret);
        using var plain = await TokenAsync(new CreateTokenRequest { Name = "plain" });
        using var shared = await TokenAsync(new CreateTokenRequest { Name = "shared", Shared = true });
        using var reading = await TokenAsync(new CreateTokenRequest { Name = "reading", Shared = true, Scope = TokenScope.Read });
        using var confined = await TokenAsync(new CreateTokenRequest { Name = "confined", Template = "web" });
        foreach (var none in new[] { plain, confined })
        {
            (await none.GetAsync(path).RefusalAsync()).ShouldBe("404 not-found");
            (await none.PostAsync($"{path}/stop", new { }).RefusalAsync()).ShouldBe("404 not-found");
            (await none.ReadAsync<Page<Machine>>("machines")).Items.ShouldBeEmpty();
            (await none.ReadAsync<Page<Operation>>("operations")).Items.ShouldBeEmpty();
        }

        (await reading.ReadAsync<Page<Machine>>("machines")).Items.ShouldHaveSingleItem();
        (await reading.PostAsync($"{path}/stop", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await shared.PostAsync($"{path}/stop", new { })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        // No token makes one that has more than itself, and none is both confined and not.
        (await plain.PostAsync("tokens", new CreateTokenRequest { Name = "more", Shared = true }).RefusalAsync()).ShouldBe("400 validation");
        (await shared.PostAsync("tokens", new CreateTokenRequest { Name = "as much", Shared = true })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await scene.Ann.PostAsync("tokens", new CreateTokenRequest { Name = "both", Template = "web", Shared = true }).RefusalAsync()).ShouldBe("400 validation");
    }

    [Fact]
    public async Task A_viewer_looks_at_screen_and_terminal_and_a_member_types()
    {
        await using var scene = await SceneAsync(ProjectRole.Viewer);
        (await ConsoleRoleAsync(scene)).ShouldBe(ViewerRole.View);
        (await scene.Server.Client.PutAsync($"machines/{scene.Machine.Id}/users/ann", Role(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await ConsoleRoleAsync(scene)).ShouldBe(ViewerRole.Control);
        // Who is a viewer of the server looks, whatever is shared with them.
        (await scene.Server.Client.PatchAsJsonAsync("users/ann", new EditUserRequest { Role = UserRole.Viewer }, WarrenJson.Options)).EnsureSuccessStatusCode();
        (await ConsoleRoleAsync(scene)).ShouldBe(ViewerRole.View);
        (await scene.Ann.PostAsync($"machines/{scene.Machine.Id}/stop", new { }).RefusalAsync()).ShouldBe("403 forbidden");
    }

    [Fact]
    public async Task A_viewer_of_its_project_can_be_let_use_it_and_sees_as_much_as_before()
    {
        await using var scene = await SceneAsync();
        var (server, path) = (scene.Server, $"machines/{scene.Machine.Id}");
        (await server.Client.PutAsync("projects/default/members/ann", new SetMemberRequest(ProjectRole.Viewer))).EnsureSuccessStatusCode();
        (await scene.Ann.PatchAsJsonAsync("session", new SwitchProjectRequest("default"), WarrenJson.Options)).EnsureSuccessStatusCode();
        (await scene.Ann.PostAsync($"{path}/stop", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await server.Client.PutAsync($"{path}/users/ann", Role(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await scene.Ann.ReadAsync<Page<Snapshot>>("machines/m/snapshots")).Items.ShouldBeEmpty();
        (await scene.Ann.PostAsync("machines/m/snapshots", new TakeSnapshotRequest()).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Ann.DeleteAsync(path).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Ann.PostAsync("machines/m/stop", new { })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_share_ends_with_the_machine_and_with_the_user()
    {
        await using var scene = await SceneAsync(ProjectRole.Viewer);
        await using var db = scene.Server.Db();
        var other = await scene.Server.LaunchAsync(new LaunchRequest { Name = "other", Image = "tiny" });
        (await scene.Server.Client.PutAsync($"machines/{other.Id}/users/ann", Role(ProjectRole.Viewer))).EnsureSuccessStatusCode();
        (await scene.Server.EndAsync(await scene.Server.DeleteAsync($"machines/{other.Id}"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await db.MachineUsers.Select(u => u.MachineId).ToListAsync()).ShouldBe([scene.Machine.Id]);
        await db.Users.Where(u => u.Name == "ann").ExecuteDeleteAsync();
        (await db.MachineUsers.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_machine_that_its_pool_keeps_is_not_shared_and_one_that_is_lent_is()
    {
        await using var scene = await SceneAsync();
        var path = $"machines/{scene.Machine.Id}/users/ann";
        await using var db = scene.Server.Db();
        foreach (var place in Enum.GetValues<PoolPlace>().Where(p => p != PoolPlace.Lent))
        {
            await db.Machines.ExecuteUpdateAsync(s => s.SetProperty(m => m.PoolPlace, (PoolPlace?)place));
            (await scene.Server.Client.PutAsync(path, Role(ProjectRole.Viewer)).RefusalAsync()).ShouldBe("409 illegal-state", place.ToString());
        }

        await db.Machines.ExecuteUpdateAsync(s => s.SetProperty(m => m.PoolPlace, (PoolPlace?)PoolPlace.Lent));
        (await scene.Server.Client.PutAsync(path, Role(ProjectRole.Viewer))).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Who_is_taken_out_of_its_project_has_nothing_of_it_by_a_share_either()
    {
        await using var scene = await SceneAsync();
        var member = "projects/default/members/ann";
        (await scene.Server.Client.PutAsync(member, new SetMemberRequest(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await scene.Server.Client.PutAsync($"machines/{scene.Machine.Id}/users/ann", Role(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await scene.Ann.ReadAsync<Machine>($"machines/{scene.Machine.Id}")).Name.ShouldBe("m");
        (await scene.Server.Client.DeleteAsync(member)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await scene.Ann.GetAsync($"machines/{scene.Machine.Id}").RefusalAsync()).ShouldBe("404 not-found");
        await using var db = scene.Server.Db();
        (await db.Events.CountAsync(e => e.Type == "machine-user.deleted")).ShouldBe(1, "her page is told");
    }

    [Fact]
    public async Task What_is_refused_to_whom_it_is_shared_with_is_in_the_trail_of_its_project()
    {
        await using var scene = await SceneAsync(ProjectRole.Member);
        (await scene.Ann.DeleteAsync($"machines/{scene.Machine.Id}").RefusalAsync()).ShouldBe("403 forbidden");
        await using var db = scene.Server.Db();
        var entry = await db.AuditEntries.SingleAsync(e => e.Action == "machine.delete");
        (entry.SubjectName, entry.SubjectId, entry.ProjectId).ShouldBe(("m", scene.Machine.Id, (await db.Projects.SingleAsync(p => p.Name == "default")).Id));
    }

    [Fact]
    public async Task Who_starts_it_does_not_hear_what_its_owner_has_elsewhere()
    {
        await using var scene = await SceneAsync(ProjectRole.Member);
        var stop = await scene.Ann.MakeAsync<Operation>($"machines/{scene.Machine.Id}/stop", new StopRequest { Force = true });
        (await scene.Server.EndAsync(stop)).Status.ShouldBe(OperationStatus.Succeeded);
        (await scene.Server.Client.PutAsync("projects/default/limits", new Contracts.Quotas { RunningMachines = 0 })).EnsureSuccessStatusCode();
        using var refused = await scene.Ann.PostAsync($"machines/{scene.Machine.Id}/start", new { });
        var said = await refused.Content.ReadAsStringAsync();
        said.ShouldContain("quota-exceeded");
        said.ShouldNotContain("default");
    }

    [Fact]
    public async Task Only_administrators_share_a_machine_that_reaches_the_servers_network()
    {
        await using var scene = await SceneAsync();
        await using var db = scene.Server.Db();
        var row = await db.Machines.SingleAsync();
        row.DevicesJson = JsonSerializer.Serialize(row.Devices with { NetworkMode = MachineNetworkMode.Lan }, WarrenJson.Options);
        await db.SaveChangesAsync();
        using var cem = await scene.Server.SignUpAsync("cem");
        (await scene.Server.Client.PutAsync("projects/default/members/cem", new SetMemberRequest(ProjectRole.Member))).EnsureSuccessStatusCode();
        (await cem.PatchAsJsonAsync("session", new SwitchProjectRequest("default"), WarrenJson.Options)).EnsureSuccessStatusCode();
        (await cem.PutAsync($"machines/{scene.Machine.Id}/users/ann", Role(ProjectRole.Viewer)).RefusalAsync()).ShouldBe("403 forbidden");
        (await scene.Server.Client.PutAsync($"machines/{scene.Machine.Id}/users/ann", Role(ProjectRole.Viewer))).EnsureSuccessStatusCode();
    }

    private static SetMachineUserRequest Role(ProjectRole role) => new(role);

    private static async Task<ViewerRole> ConsoleRoleAsync(SharedScene scene)
    {
        var ticket = await scene.Ann.MakeAsync<ConsoleTicket>($"machines/{scene.Machine.Id}/tickets", new CreateTicketRequest { Kind = ConsoleKind.Screen, Role = ViewerRole.Control });
        await using var guest = await ScreenGuest.ComeAsync(scene.Server, ticket.Path, login: false);
        await guest.HearsAsync(r => r.Count > 0);
        return guest.Role;
    }

    private async Task<SharedScene> SceneAsync(ProjectRole? role = null) => await SharedScene.MakeAsync(await StartAsync(settings: s_settings), role);
}

public sealed class SqliteSharedMachineTests() : SharedMachineTests(null);

public sealed class PostgresSharedMachineTests(PostgresCluster cluster) : SharedMachineTests(cluster);
