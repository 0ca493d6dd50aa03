using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>GET /audit: its filters and pages, who sees what, and what is written of those who get in or do not.</summary>
public abstract class AuditApiTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Who_gets_in_and_who_does_not_is_written_down()
    {
        await using var server = await StartAsync(settings: ["Access:SignUp=open"]);
        var ann = await server.SignUpAsync("ann");
        ann.DefaultRequestHeaders.UserAgent.ParseAdd("Lynx/2.9 (" + new string('x', 300) + ")");
        (await server.Browser().LogInAsync("ann", "wrong-password-1").RefusalAsync()).ShouldBe("401 unauthenticated");
        (await server.Browser().LogInAsync("My Secret Password!", "wrong-password-1").RefusalAsync()).ShouldBe("401 unauthenticated");
        using (await ann.LogInAsync("ann", People.Password)) { }
        var link = await server.Client.MakeAsync<LoginLink>("users/ann/login-links", new { });
        using (await server.Browser().PostAsync("session", new LoginRequest(link.Url.Split('#')[1]))) { }
        using (await ann.DeleteAsync("session")) { }

        var logIns = await ListAsync(server.Client, "action=session.log-in");
        // Newest first.
        logIns.Select(e => $"{e.Actor} {e.User ?? "-"} {e.Tried ?? "-"} {e.Result} {e.Problem ?? "-"}").ShouldBe([
            "Person ann - Ok -", "Person ann - Ok -", "Nobody - (not a name) Refused unauthenticated", "Nobody - ann Refused unauthenticated"]);
        logIns.Select(e => e.Detail.GetValueOrDefault("begunBy")).ShouldBe(["link", "password", null, null]);
        logIns[0].Detail["link"].Length.ShouldBe(12);
        logIns.ShouldAllBe(e => e.Address == "127.0.0.1");
        logIns[1].UserAgent!.Length.ShouldBe(120);
        var out_ = (await ListAsync(server.Client, "action=session.log-out")).Single();
        (out_.User, out_.Credential).ShouldBe(("ann", logIns[1].Credential));
        out_.Credential!.ShouldStartWith("session:");
        (await ListAsync(server.Client, "user=ann&action=session.log-in")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Who_is_held_back_is_written_down_too()
    {
        await using var server = await StartAsync(settings: ["Access:LoginsPerMinute=3", "Access:FailuresPerName=1"]);
        foreach (var answer in new[] { "401 unauthenticated", "429 locked-out", "429 locked-out", "429 too-many-requests" })
            (await server.Browser().LogInAsync("ann", "wrong-password-1").RefusalAsync()).ShouldBe(answer);
        (await ListAsync(server.Client, "action=session.log-in")).Select(e => $"{e.Status} {e.Problem} {e.Tried ?? "-"}").ShouldBe([
            "429 too-many-requests -", "429 locked-out ann", "429 locked-out ann", "401 unauthenticated ann"]);
    }

    [Fact]
    public async Task Filters_narrow_and_pages_go_on_where_the_last_ended()
    {
        await using var server = await StartAsync();
        var begin = server.Clock.GetUtcNow();
        for (var i = 0; i < 5; i++) await server.Client.MakeAsync<Project>("projects", new CreateProjectRequest($"p-{i}"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        (await server.Client.PostAsync("projects", new CreateProjectRequest("p-0")).RefusalAsync()).ShouldBe("409 name-taken");
        using (await server.Client.DeleteAsync("machines/none")) { }

        (await ListAsync(server.Client, "action=project.")).Count.ShouldBe(6);
        (await ListAsync(server.Client, "action=project.create&result=refused")).Single().Problem.ShouldBe("name-taken");
        (await ListAsync(server.Client, "action=project.&subject=p-3")).Single().Status.ShouldBe(201);
        var third = (await ListAsync(server.Client, "subject=p-3")).Single().SubjectId;
        (await ListAsync(server.Client, "subject=" + third)).Single().Subject.ShouldBe("p-3");
        (await ListAsync(server.Client, "action=project.&user=" + (await ListAsync(server.Client, "subject=p-3")).Single().UserId)).Count.ShouldBe(6);
        (await ListAsync(server.Client, "subject=none")).Single().Action.ShouldBe("machine.delete");
        var hour = Uri.EscapeDataString(begin.AddMinutes(30).ToString("O"));
        (await ListAsync(server.Client, $"action=project.&from={hour}")).Count.ShouldBe(1);
        (await ListAsync(server.Client, $"action=project.&to={hour}")).Count.ShouldBe(5);
        (await ListAsync(server.Client, "action=project.&address=192.0.2.1")).ShouldBeEmpty();
        (await server.Client.GetAsync("audit?result=good").RefusalAsync()).ShouldBe("400 validation");
        (await server.Client.GetAsync("audit?after=x").RefusalAsync()).ShouldBe("400 validation");

        var (seen, after) = (new List<long>(), (string?)null);
        do
        {
            var page = await server.Client.ReadAsync<Page<AuditEntry>>("audit?action=project.&limit=4" + (after is null ? "" : "&after=" + after));
            seen.AddRange(page.Items.Select(e => e.Seq));
            after = page.Next;
        }
        while (after is not null);
        seen.Count.ShouldBe(6);
        seen.ShouldBe(seen.OrderDescending());
    }

    [Fact]
    public async Task Who_administers_a_project_sees_what_was_done_in_it_and_nothing_of_the_server()
    {
        await using var server = await StartAsync(settings: ["Access:SignUp=open"]);
        await server.AddImageAsync();
        var (ann, bob) = (await server.SignUpAsync("ann"), await server.SignUpAsync("bob"));
        await using (var db = server.Db()) await db.Images.ExecuteUpdateAsync(s => s.SetProperty(i => i.ProjectId, db.Users.Single(u => u.Name == "ann").ProjectId!));
        using (await ann.PutAsJsonAsync("projects/ann/members/bob", new SetMemberRequest(ProjectRole.Member), WarrenJson.Options)) { }
        var launch = await ann.MakeAsync<Operation>("machines", new LaunchRequest { Name = "web", Image = "tiny" });
        await server.EndAsync(launch);
        // An administrator of the server at work in the same project, on the server.
        using (await server.Client.PostAsync("hosts", new AddHostRequest { Name = "other", Hypervisor = "fake" })) { }

        var seen = await ListAsync(ann, "");
        seen.Select(e => e.Action).ShouldBe(["machine.launch.ended", "machine.launch", "project.set-member"]);
        seen.ShouldAllBe(e => e.Project == "ann");
        (await ListAsync(bob, "")).ShouldBeEmpty();
        using (await bob.PatchAsJsonAsync("session", new SwitchProjectRequest("ann"), WarrenJson.Options)) { }
        (await bob.GetAsync("audit").RefusalAsync()).ShouldBe("403 forbidden");
        foreach (var path in new[] { "audit/verify", "audit/export", "audit/head" }) (await ann.GetAsync(path).RefusalAsync()).ShouldBe("403 forbidden");
        (await ListAsync(server.Client, "project=ann&action=machine.")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Service_accounts_and_guests_with_a_link_are_called_so()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "web", Image = "tiny" });
        var robot = await server.ProgramAsync("robot");
        using (await robot.PostAsync("projects", new CreateProjectRequest("robots"))) { }
        var made = (await ListAsync(server.Client, "action=project.create")).Single();
        (made.Actor, made.User).ShouldBe((AuditActor.Service, "robot"));

        var share = await server.Client.MakeAsync<CreatedShare>($"machines/{machine.Id}/shares", new CreateShareRequest { Name = "mum" });
        var opened = await server.Anonymous().MakeAsync<OpenedShare>("shares/open", new OpenShareRequest { Secret = share.Url.Split('#')[1], Name = "Mother" });
        var open = (await ListAsync(server.Client, "action=share.open")).Single();
        (open.Actor, open.User, open.Credential, open.SubjectId, open.Detail["machine"]).ShouldBe((AuditActor.Share, "Mother", "share:" + share.Share.Id, share.Share.Id, machine.Id));
        using var socket = new System.Net.WebSockets.ClientWebSocket();
        await socket.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + opened.Ticket.Path), CancellationToken.None);
        var screen = (await ListAsync(server.Client, "action=machine.open-screen")).Single();
        (screen.Actor, screen.Status, screen.Credential, screen.Subject, screen.Detail["guest"]).ShouldBe((AuditActor.Share, 101, "share:" + share.Share.Id, "web", "Mother"));
        screen.User.ShouldNotBe("Mother");
    }

    private static async Task<IReadOnlyList<AuditEntry>> ListAsync(HttpClient client, string query) => (await client.ReadAsync<Page<AuditEntry>>("audit?" + query)).Items;
}

public sealed class SqliteAuditApiTests() : AuditApiTests(null);

public sealed class PostgresAuditApiTests(PostgresCluster cluster) : AuditApiTests(cluster);
