using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>Accounts, passwords and sessions, on both databases.</summary>
public abstract class AccountTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Who_signs_up_has_a_project_and_sees_nothing_of_others()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        using var bob = await server.SignUpAsync("bob");
        (await ann.ReadAsync<Session>("session")).ShouldSatisfyAllConditions(
            s => s.User.ShouldBe("ann"), s => s.Role.ShouldBe(UserRole.Member), s => s.Project.ShouldBe("ann"), s => s.ProjectRole.ShouldBe(ProjectRole.Administrator), s => s.MayChange.ShouldBeTrue());
        using (var made = await ann.PostAsync("keys", new CreateKeyRequest { Name = "laptop" })) made.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await ann.ReadAsync<Page<SshKey>>("keys")).Items.Count.ShouldBe(1);
        (await bob.ReadAsync<Page<SshKey>>("keys")).Items.ShouldBeEmpty();
        (await bob.GetAsync("keys/laptop")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await bob.GetAsync("projects/ann")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await bob.GetAsync("users")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await server.Client.ReadAsync<Page<SshKey>>("keys")).Items.Count.ShouldBe(1);
        (await bob.PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = People.Password }).RefusalAsync()).ShouldBe("409 name-taken");
        (await bob.PostAsync("sign-up", new SignUpRequest { Name = "eve", Password = "short" }).RefusalAsync()).ShouldBe("400 validation");
    }

    [Fact]
    public async Task Signing_up_is_off_unless_it_is_switched_on_and_an_invitation_works_once()
    {
        await using (var closed = await StartAsync())
            (await closed.Anonymous().PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = People.Password }).RefusalAsync()).ShouldBe("403 sign-up-off");

        await using var server = await StartAsync(settings: "Access:SignUp=invitation");
        (await server.Anonymous().PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = People.Password }).RefusalAsync()).ShouldBe("403 invitation-required");
        var invitation = await server.Client.MakeAsync<CreatedInvitation>("invitations", new CreateInvitationRequest { Role = UserRole.Viewer, Project = "default", ProjectRole = ProjectRole.Viewer });
        var secret = invitation.Url[(invitation.Url.IndexOf('#', StringComparison.Ordinal) + 1)..];
        using var ann = server.Browser();
        // What is refused leaves the invitation as it was.
        (await ann.PostAsync("sign-up", new SignUpRequest { Name = "owner", Password = People.Password, Invitation = secret }).RefusalAsync()).ShouldBe("409 name-taken");
        (await ann.MakeAsync<Session>("sign-up", new SignUpRequest { Name = "ann", Password = People.Password, Invitation = secret })).Role.ShouldBe(UserRole.Viewer);
        (await ann.ReadAsync<Page<Project>>("projects")).Items.Select(p => (p.Name, p.Role)).ShouldBe([("ann", ProjectRole.Administrator), ("default", ProjectRole.Viewer)]);
        (await ann.PostAsync("keys", new CreateKeyRequest { Name = "k" }).RefusalAsync()).ShouldBe("403 forbidden");
        (await server.Browser().PostAsync("sign-up", new SignUpRequest { Name = "bob", Password = People.Password, Invitation = secret }).RefusalAsync()).ShouldBe("403 invitation-over");
    }

    [Fact]
    public async Task Known_and_unknown_names_are_answered_and_locked_alike()
    {
        await using var server = await OpenAsync("Access:FailuresPerName=3");
        using var ann = await server.SignUpAsync("ann");
        using var thief = server.Browser();
        foreach (var name in new[] { "ann", "nobody" })
        {
            var answers = new List<string>();
            for (var i = 0; i < 5; i++) answers.Add(await thief.LogInAsync(name, "wrong password").RefusalAsync());
            answers.ShouldBe(["401 unauthenticated", "401 unauthenticated", "401 unauthenticated", "429 locked-out", "429 locked-out"], name);
        }

        // Locked is locked, also for who knows it; a one-time link opens, and the end of the time.
        (await thief.LogInAsync("ann", People.Password).RefusalAsync()).ShouldBe("429 locked-out");
        server.Clock.Advance(TimeSpan.FromMinutes(16));
        using var again = await thief.LogInAsync("ANN ", People.Password);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task One_address_is_locked_whatever_names_it_tries_and_many_at_once_are_counted()
    {
        await using var server = await OpenAsync("Access:FailuresPerAddress=5");
        using var thief = server.Browser();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => thief.LogInAsync($"name{i}", "wrong password").RefusalAsync()));
        answers.Count(a => a == "401 unauthenticated").ShouldBe(5);
        answers.Count(a => a == "429 locked-out").ShouldBe(7);
    }

    [Fact]
    public async Task A_try_is_counted_whatever_else_comes_with_it()
    {
        await using var server = await OpenAsync("Access:FailuresPerName=3");
        using var ann = await server.SignUpAsync("ann");
        using var thief = await server.SignUpAsync("thief");
        var answers = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            // What is kept with an answer is kept in one transaction, which a refusal takes back.
            using var request = new HttpRequestMessage(HttpMethod.Post, "session") { Content = JsonContent.Create(new LoginRequest { Name = "ann", Password = "wrong password" }, options: WarrenJson.Options) };
            request.Headers.Add("Idempotency-Key", $"k{i}");
            answers.Add(await thief.SendAsync(request).RefusalAsync());
        }

        answers.ShouldBe(["401 unauthenticated", "401 unauthenticated", "401 unauthenticated", "429 locked-out"]);
    }

    [Fact]
    public async Task A_new_password_ends_the_other_sessions_and_the_old_one_is_worth_nothing()
    {
        await using var server = await OpenAsync();
        using var laptop = await server.SignUpAsync("ann");
        using var phone = server.Browser();
        (await phone.LogInAsync("ann", People.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await laptop.ReadAsync<Page<BrowserSession>>("sessions")).Items.Select(s => s.Current).ShouldBe([false, true]);
        (await laptop.PutAsJsonAsync("account/password", new ChangePasswordRequest { Current = "something else", Password = "another password" }, WarrenJson.Options).RefusalAsync()).ShouldBe("400 validation");
        using (var changed = await laptop.PutAsJsonAsync("account/password", new ChangePasswordRequest { Current = People.Password, Password = "another password" }, WarrenJson.Options))
            changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await phone.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await laptop.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await phone.LogInAsync("ann", People.Password).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await phone.LogInAsync("ann", "another password")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_link_of_an_administrator_sets_a_new_password_without_the_old_one()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        var link = await server.Client.MakeAsync<LoginLink>("users/ann/login-links", new { });
        using var browser = server.Browser();
        await browser.MakeAsync<Session>("session", new LoginRequest(link.Url[(link.Url.IndexOf('#', StringComparison.Ordinal) + 1)..]));
        (await browser.ReadAsync<Account>("account")).PasswordNeedsCurrent.ShouldBeFalse();
        using (var changed = await browser.PutAsJsonAsync("account/password", new ChangePasswordRequest { Password = "another password" }, WarrenJson.Options)) changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await browser.ReadAsync<Account>("account")).PasswordNeedsCurrent.ShouldBeTrue();
        (await ann.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_link_that_one_made_for_oneself_takes_no_account_over()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        var link = await ann.MakeAsync<LoginLink>("login-links", new { });
        using var browser = server.Browser();
        var secret = link.Url[(link.Url.IndexOf('#', StringComparison.Ordinal) + 1)..];
        (await browser.PostAsync("session", new LoginRequest(secret[(secret.IndexOf('.', StringComparison.Ordinal) + 1)..])).RefusalAsync()).ShouldBe("401 unauthenticated");
        await browser.MakeAsync<Session>("session", new LoginRequest(secret));
        (await browser.ReadAsync<Page<BrowserSession>>("sessions")).Items.Single(s => s.Current).BegunBy.ShouldBe(SessionBegin.OwnLink);
        (await browser.ReadAsync<Account>("account")).PasswordNeedsCurrent.ShouldBeTrue();
        (await browser.PutAsJsonAsync("account/password", new ChangePasswordRequest { Password = "another password" }, WarrenJson.Options).RefusalAsync()).ShouldBe("400 validation");
        (await browser.PostAsync("account/second-factor", new BeginSecondFactorRequest()).RefusalAsync()).ShouldBe("400 validation");
    }

    [Fact]
    public async Task A_token_takes_no_account_over_and_makes_none_that_does_more_or_lasts_longer()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        await ann.MakeAsync<Project>("projects", new CreateProjectRequest("class"));
        using var program = server.Bearer((await ann.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "t", Days = 2 })).Secret);
        foreach (var closed in new[] { "login-links", "account/second-factor", "account/second-factor/confirm", "account/second-factor/remove" })
            (await program.PostAsync(closed, new { }).RefusalAsync()).ShouldBe("403 forbidden", closed);
        (await program.PutAsJsonAsync("account/password", new ChangePasswordRequest { Current = People.Password, Password = "another password" }, WarrenJson.Options).RefusalAsync()).ShouldBe("403 forbidden");
        (await program.PostAsync("tokens", new CreateTokenRequest { Name = "u", Project = "class" }).RefusalAsync()).ShouldBe("400 validation");
        (await program.PostAsync("tokens", new CreateTokenRequest { Name = "u", Days = 3 }).RefusalAsync()).ShouldBe("400 validation");
        var made = (await program.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "u" })).Token;
        made.Project.ShouldBe("ann");
        // To the millisecond that the database keeps, and a busy moment.
        made.ExpiresAt!.Value.ShouldBe(server.Clock.GetUtcNow().AddDays(2), TimeSpan.FromMinutes(1));

        // Nor does that of a service account by the route for administrators, or an administrator's for themselves.
        using var admin = await server.ProgramAsync("adam", UserRole.Administrator, new CreateTokenRequest { Name = "t", Days = 2 });
        (await admin.PostAsync("users/adam/tokens", new CreateTokenRequest { Name = "u", Days = 3 }).RefusalAsync()).ShouldBe("400 validation");
        using var owner = server.Bearer((await server.Client.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "t" })).Secret);
        (await owner.PostAsync("users/owner/login-links", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await server.Client.PostAsync("login-links", new { })).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Of_two_keys_of_one_name_ones_own_is_meant()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        using var bob = await server.SignUpAsync("bob");
        using (var set = await ann.PutAsJsonAsync("projects/ann/members/bob", new SetMemberRequest(ProjectRole.Member), WarrenJson.Options)) set.StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var there = await bob.PatchAsJsonAsync("session", new SwitchProjectRequest("ann"), WarrenJson.Options)) there.StatusCode.ShouldBe(HttpStatusCode.OK);
        var first = (await ann.MakeAsync<CreatedKey>("keys", new CreateKeyRequest { Name = "k" })).Key;
        (await bob.DeleteAsync("keys/k").RefusalAsync()).ShouldBe("409 conflict");
        var second = (await bob.MakeAsync<CreatedKey>("keys", new CreateKeyRequest { Name = "k" })).Key;
        (await ann.ReadAsync<SshKey>("keys/k")).Id.ShouldBe(first.Id);
        (await bob.ReadAsync<SshKey>("keys/k")).Id.ShouldBe(second.Id);
        var page = await ann.ReadAsync<Page<SshKey>>("keys?limit=1");
        (await ann.ReadAsync<Page<SshKey>>($"keys?limit=1&after={Uri.EscapeDataString(page.Next!)}")).Items.Single().Id.ShouldNotBe(page.Items.Single().Id);
        (await server.Client.DeleteAsync("keys/k").RefusalAsync()).ShouldBe("409 conflict");
        (await bob.DeleteAsync("keys/k")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ann.ReadAsync<SshKey>("keys/k")).Id.ShouldBe(first.Id);
        (await server.Client.DeleteAsync("keys/k")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_session_ends_when_it_is_not_used_and_after_a_week_at_the_latest()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        for (var hours = 0; hours < 24 * 7; hours += 1)
        {
            (await ann.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.OK, $"after {hours} h");
            server.Clock.Advance(TimeSpan.FromHours(1));
        }

        (await ann.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ann.LogInAsync("ann", People.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Clock.Advance(TimeSpan.FromMinutes(121));
        (await ann.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Only_the_owner_makes_and_manages_administrators()
    {
        await using var server = await OpenAsync();
        using var admin = await server.ProgramAsync("adam", UserRole.Administrator);
        using var ann = await server.SignUpAsync("ann");
        (await admin.PatchAsJsonAsync("users/ann", new EditUserRequest { Role = UserRole.Administrator }, WarrenJson.Options).RefusalAsync()).ShouldBe("403 forbidden");
        (await admin.PatchAsJsonAsync("users/owner", new EditUserRequest { Disabled = true }, WarrenJson.Options).RefusalAsync()).ShouldBe("403 forbidden");
        (await admin.PostAsync("users/owner/login-links", new { }).RefusalAsync()).ShouldBe("403 forbidden");
        (await admin.PatchAsJsonAsync("users/adam", new EditUserRequest { Role = UserRole.Member }, WarrenJson.Options).RefusalAsync()).ShouldBe("409 illegal-state");
        (await server.Client.PatchAsJsonAsync("users/owner", new EditUserRequest { Role = UserRole.Member }, WarrenJson.Options).RefusalAsync()).ShouldBe("400 validation");
        (await admin.PatchAsJsonAsync("users/ann", new EditUserRequest { Disabled = true }, WarrenJson.Options)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ann.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await ann.LogInAsync("ann", People.Password).RefusalAsync()).ShouldBe("401 unauthenticated");
        (await server.Client.PatchAsJsonAsync("users/ann", new EditUserRequest { Disabled = false, Role = UserRole.Administrator }, WarrenJson.Options)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ann.LogInAsync("ann", People.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ann.GetAsync("users")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_project_is_shared_by_role_and_left_at_once()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        using var bob = await server.SignUpAsync("bob");
        await ann.MakeAsync<Project>("projects", new CreateProjectRequest("class"));
        using (var key = await ann.PatchAsJsonAsync("session", new SwitchProjectRequest("class"), WarrenJson.Options)) key.StatusCode.ShouldBe(HttpStatusCode.OK);
        using (var key = await ann.PostAsync("keys", new CreateKeyRequest { Name = "k" })) key.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await bob.PatchAsJsonAsync("session", new SwitchProjectRequest("class"), WarrenJson.Options).RefusalAsync()).ShouldBe("404 not-found");

        await SetAsync(ProjectRole.Viewer);
        using (var there = await bob.PatchAsJsonAsync("session", new SwitchProjectRequest("class"), WarrenJson.Options)) (await there.Content.ReadFromJsonAsync<Session>(WarrenJson.Options))!.MayChange.ShouldBeFalse();
        (await bob.ReadAsync<Page<SshKey>>("keys")).Items.Count.ShouldBe(1);
        (await bob.DeleteAsync("keys/k").RefusalAsync()).ShouldBe("403 forbidden");
        (await bob.PutAsJsonAsync("projects/class/members/bob", new SetMemberRequest(ProjectRole.Administrator), WarrenJson.Options).RefusalAsync()).ShouldBe("403 forbidden");
        await SetAsync(ProjectRole.Member);
        (await bob.PostAsync("keys", new CreateKeyRequest { Name = "k" })).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await ann.DeleteAsync("projects/class/members/ann").RefusalAsync()).ShouldBe("409 conflict");
        (await ann.DeleteAsync("projects/class/members/bob")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await bob.ReadAsync<Session>("session")).Project.ShouldBe("bob");
        (await bob.ReadAsync<Page<SshKey>>("keys")).Items.ShouldBeEmpty();

        async Task SetAsync(ProjectRole role)
        {
            using var set = await ann.PutAsJsonAsync("projects/class/members/bob", new SetMemberRequest(role), WarrenJson.Options);
            set.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task No_password_and_no_secret_is_kept_as_it_is()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        var secret = await ann.MakeAsync<SecondFactorSecret>("account/second-factor", new BeginSecondFactorRequest { Current = People.Password });
        await using var db = server.Db();
        var row = await db.Users.SingleAsync(u => u.Name == "ann");
        row.PasswordHash!.ShouldNotContain(People.Password);
        row.SecondFactorPending!.ShouldNotContain(secret.Secret);
        (await ann.GetStringAsync("account")).ShouldNotContain(row.PasswordHash!);
        (await server.Client.GetStringAsync("users")).ShouldNotContain(row.PasswordHash!);
    }

    private Task<TestServer> OpenAsync(params string[] settings) => StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000", .. settings]);
}

public sealed class SqliteAccountTests() : AccountTests(null);

public sealed class PostgresAccountTests(PostgresCluster cluster) : AccountTests(cluster)
{
    private readonly PostgresCluster _cluster = cluster;

    [Fact]
    public async Task A_text_with_a_NUL_is_refused()
    {
        await using var server = await TestServer.StartAsync(await _cluster.CreateDatabaseAsync(), settings: "Access:SignUp=open");
        (await server.Browser().LogInAsync("a\0", "b").RefusalAsync()).ShouldBe("400 validation");
        (await server.Client.PostAsync("tokens", new CreateTokenRequest { Name = "a\0b" }).RefusalAsync()).ShouldBe("400 validation");
    }

    [Fact]
    public async Task What_one_replica_takes_away_ends_at_the_other()
    {
        var database = await _cluster.CreateDatabaseAsync();
        await using var one = await TestServer.StartAsync(database, settings: "Access:SignUp=open");
        await using var two = await TestServer.StartAsync(database, settings: "Access:SignUp=open");
        using var ann = await one.SignUpAsync("ann");
        var token = await ann.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "t" });
        using var there = two.Bearer(token.Secret);
        await using var stream = await there.GetStreamAsync("events");
        (await stream.ReadAsync(new byte[4096])).ShouldBeGreaterThan(0);
        (await ann.DeleteAsync($"tokens/{token.Token.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
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
