using System.Collections;
using System.Net.Http.Json;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>Nothing secret gets into the trail: not of any contract's unmarked property, and not by any way that HTTP has.</summary>
public abstract class AuditSecretsTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    private const string Marker = "hush-4f1e";

    [Fact]
    public async Task Markers_sent_in_every_secret_like_place_are_in_no_entry()
    {
        await using var server = await StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000", "Access:FailuresPerAddress=1000"]);
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "web", Image = "tiny" });
        var ann = server.Browser();
        using (await ann.PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = Marker + "-password", Email = Marker + "@example.org", Invitation = Marker })) { }
        using (await ann.PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = Marker + "-password", Email = Marker + "@example.org" })) { }
        var before = await server.LastAsync();
        (HttpClient Who, string Method, string Path, object Body)[] requests =
        [
            (server.Browser(), "POST", "session", new LoginRequest { Name = "ann", Password = Marker + "-wrong" }),
            (server.Browser(), "POST", "session", new LoginRequest { Name = Marker + " typed into the wrong field", Password = "x" }),
            (server.Browser(), "POST", "session", new LoginRequest(Marker + "-link")),
            (server.Browser(), "POST", "session/second-factor", new SecondFactorRequest(Marker + "-challenge", Marker)),
            (ann, "PUT", "account/password", new ChangePasswordRequest { Current = Marker + "-password", Password = Marker + "-another" }),
            (ann, "POST", "account/second-factor", new BeginSecondFactorRequest { Current = Marker + "-another" }),
            (ann, "POST", "account/second-factor/confirm", new CodeRequest(Marker)),
            (ann, "POST", "account/second-factor/remove", new CodeRequest(Marker)),
            (server.Anonymous(), "POST", "shares/open", new OpenShareRequest { Secret = Marker }),
            (server.Client, "POST", "machines", new LaunchRequest
            {
                Image = "tiny", UserData = "#cloud-config\npassword: " + Marker, FirstBoot = Marker,
                Options = new Dictionary<string, string> { [Marker] = Marker }, HostLabels = new Dictionary<string, string> { ["x"] = Marker },
            }),
            (server.Client, "POST", "pools", new CreatePoolRequest { Name = "p", Machine = new LaunchRequest { Image = "tiny", UserData = Marker }, Target = 0 }),
            (server.Client, "POST", $"machines/{machine.Id}/input", new ScreenInput { Steps = [new InputStep { Text = Marker }, new InputStep { Keys = "h+u" }] }),
            (server.Client, "POST", $"machines/{machine.Id}/fork", new ForkRequest { FirstBoot = Marker }),
            (server.Client, "POST", "golden-images", new CreateGoldenImageRequest { Name = "g", Machine = "web", Kind = GoldenImageKind.Disk, Prepare = Marker, Description = Marker }),
            (server.Client, "POST", "hosts", new AddHostRequest { Name = "h", Hypervisor = "proxmox", Settings = new Dictionary<string, string> { ["tokenSecret"] = Marker } }),
            (server.Client, "PATCH", "hosts/local", new EditHostRequest { Settings = new Dictionary<string, string?> { ["password"] = Marker } }),
            (server.Client, "POST", "keys", new CreateKeyRequest { Name = "k", PublicKey = "ssh-ed25519 " + Marker }),
            (server.Client, "POST", "images", new ImportImageRequest { Name = "i", Url = $"https://user:{Marker}@192.0.2.1/x", Insecure = true }),
            (server.Client, "POST", "templates", new SaveTemplateRequest { Yaml = "name: " + Marker }),
            (server.Client, "POST", "invitations", new CreateInvitationRequest { Note = Marker }),
            (server.Client, "POST", $"machines/{machine.Id}/snapshots", new TakeSnapshotRequest { Description = Marker }),
            (server.Bearer(Marker), "POST", "machines", new LaunchRequest()),
        ];
        foreach (var (who, method, path, body) in requests)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = JsonContent.Create(body, body.GetType(), options: WarrenJson.Options) };
            request.Headers.Add("Idempotency-Key", Marker + Guid.NewGuid());
            request.Headers.Add("Cookie", Marker + "=" + Marker);
            using var answer = await who.SendAsync(request);
        }

        foreach (var path in new[] { $"machines/{machine.Id}/screen?ticket={Marker}", $"machines/{machine.Id}/serial?ticket={Marker}", $"recordings/x/export?from={Marker}" })
            using (await server.Client.GetAsync(path)) { }
        using (var upload = new HttpRequestMessage(HttpMethod.Post, "uploads") { Headers = { { Tus.Resumable, Tus.Version }, { Tus.Length, "5" }, { Tus.Metadata, "name " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Marker)) } } })
            using (await server.Client.SendAsync(upload)) { }

        // Answers hold secrets, too.
        var token = await server.Client.MakeAsync<CreatedToken>("tokens", new CreateTokenRequest { Name = "t" });
        var share = await server.Client.MakeAsync<CreatedShare>($"machines/{machine.Id}/shares", new CreateShareRequest());
        var ticket = await server.Client.MakeAsync<ConsoleTicket>($"machines/{machine.Id}/tickets", new CreateTicketRequest());
        var link = await server.Client.MakeAsync<LoginLink>("users/ann/login-links", new { });
        var invitation = await server.Client.MakeAsync<CreatedInvitation>("invitations", new CreateInvitationRequest());
        var key = await server.Client.MakeAsync<CreatedKey>("keys", new CreateKeyRequest { Name = "pair" });

        (await server.EntriesAsync(before)).Count(e => e.Actor != AuditActor.System).ShouldBe(requests.Length + 4 + 6);
        var text = await server.TextAsync();
        foreach (var secret in new[] { Marker, token.Secret, share.Url.Split('#')[1], ticket.Ticket, link.Url.Split('#')[1], invitation.Url.Split('#')[1], key.PrivateKey!.Split('\n')[1], server.Token })
            text.ShouldNotContain(secret);
        // What was made is told by its id.
        foreach (var id in new[] { token.Token.Id, share.Share.Id, invitation.Invitation.Id, key.Key.Id }) text.ShouldContain(id);
    }

    [Fact]
    public void Of_every_request_only_marked_properties_are_told()
    {
        var requests = typeof(Problem).Assembly.GetTypes().Where(t => t.IsClass && t.IsPublic && !t.IsAbstract && (t.Name.EndsWith("Request", StringComparison.Ordinal) || t == typeof(ScreenInput))).ToList();
        requests.Count.ShouldBeGreaterThan(40);
        foreach (var type in requests)
        {
            var request = Filled(type);
            var told = AuditFields.Of([request]);
            told.Values.ShouldAllBe(v => !v.Contains(Marker), type.Name);
            foreach (var property in type.GetProperties().Where(p => p.GetCustomAttribute<AuditedAttribute>() is null && p.GetValue(request) is not null and not ICollection { Count: 0 }))
                told.ShouldContainKeyAndValue(char.ToLowerInvariant(property.Name[0]) + property.Name[1..], AuditFields.Redacted, type.Name);
        }
    }

    /// <summary>Secrets have names like these; whoever marks one as plain hears of it here.</summary>
    [Fact]
    public void Nothing_that_is_called_like_a_secret_is_marked_as_plain()
    {
        string[] secret = ["secret", "password", "code", "token", "challenge", "current", "userdata", "firstboot", "prepare", "yaml", "text", "url", "settings", "options", "note", "description", "email", "invitation", "publickey", "steps"];
        typeof(Problem).Assembly.GetTypes().SelectMany(t => t.GetProperties()).Where(p => p.GetCustomAttribute<AuditedAttribute>() is not null)
            .Where(p => secret.Contains(p.Name.ToLowerInvariant())).Select(p => $"{p.DeclaringType!.Name}.{p.Name}").ShouldBeEmpty();
    }

    /// <summary>A request whose every unmarked text is the marker, in whatever it is kept.</summary>
    private static object Filled(Type type)
    {
        var made = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in type.GetProperties().Where(p => p.CanWrite))
        {
            var audited = property.GetCustomAttribute<AuditedAttribute>() is not null;
            object? value = property.PropertyType switch
            {
                var t when t == typeof(string) => audited ? "plain" : Marker,
                var t when t.IsAssignableFrom(typeof(Dictionary<string, string>)) => new Dictionary<string, string> { [Marker] = Marker },
                var t when t.IsAssignableFrom(typeof(Dictionary<string, string?>)) => new Dictionary<string, string?> { [Marker] = Marker },
                var t when t.IsAssignableFrom(typeof(List<string>)) => new List<string> { audited ? "plain" : Marker },
                { IsGenericType: true } t when t.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) => Listed(t.GetGenericArguments()[0]),
                { IsClass: true } t when t.Namespace == typeof(Problem).Namespace => Filled(t),
                _ => null,
            };
            if (value is not null) property.SetValue(made, value);
        }

        return made;
    }

    private static IList Listed(Type of)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(of))!;
        list.Add(Filled(of));
        return list;
    }
}

public sealed class SqliteAuditSecretsTests() : AuditSecretsTests(null);

public sealed class PostgresAuditSecretsTests(PostgresCluster cluster) : AuditSecretsTests(cluster);
