using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>audit</c>.</summary>
public sealed class AuditVerbTests
{
    private static readonly string s_hash = new('a', 64);

    private static readonly AuditEntry s_entry = new()
    {
        Seq = 12, At = Given.Noon, Actor = AuditActor.Nobody, Tried = "ann", Address = "192.0.2.7", Action = "session.log-in", SubjectKind = "session", Result = AuditResult.Refused,
        Status = 401, Problem = "unauthenticated", Detail = new Dictionary<string, string>(), PreviousHash = s_hash, Hash = s_hash,
    };

    [Fact]
    public async Task Entries_are_listed_by_what_is_asked_for()
    {
        var launched = s_entry with { Seq = 13, Actor = AuditActor.Person, User = "bob", Action = "machine.launch", SubjectKind = "machine", Subject = "web", Project = "class", Result = AuditResult.Ok, Problem = null };
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/audit", () => Results.Json(new Page<AuditEntry>([launched, s_entry]), WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("audit", "list", "--user", "ann", "--action", "session.", "--result", "refused", "--address", "192.0.2.7", "--since", "1h")).ShouldBe(0, shell.Error);
        foreach (var part in new[] { "nobody, as ann", "192.0.2.7", "session.log-in", "refused: unauthenticated", "bob", "machine web", "class" }) shell.Out.ShouldContain(part);
        var query = server.Of("GET", "/audit").Single().Query;
        foreach (var part in new[] { "user=ann", "action=session.", "result=refused", "address=192.0.2.7", "from=20" }) query.ShouldContain(part);
        (await shell.RunAsync("audit")).ShouldBe(0, shell.Error);
        (await shell.RunAsync("audit", "list", "--result", "good")).ShouldBe(2);
    }

    [Fact]
    public async Task An_export_becomes_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("warren-cli-").FullName;
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/audit/export", () => Results.Bytes("{\"seq\":8}\n"u8.ToArray(), "application/x-ndjson")));
        using var shell = new Shell(server.Url);
        var file = Path.Combine(folder, "audit.ndjson");
        (await shell.RunAsync("audit", "export", file, "--after", "7")).ShouldBe(0, shell.Error);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe("{\"seq\":8}\n");
        server.Of("GET", "/audit/export").Single().Query.ShouldBe("?after=7");
        Directory.GetFiles(folder).ShouldHaveSingleItem();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData(true, null, 0, "intact")]
    [InlineData(true, KeptHeadState.Found, 0, "found")]
    [InlineData(true, KeptHeadState.Pruned, 1, "cannot be told")]
    [InlineData(true, KeptHeadState.Missing, 1, "missing")]
    [InlineData(false, null, 1, "entry 3: It does not follow")]
    public async Task Verify_fails_where_something_is_wrong(bool intact, KeptHeadState? kept, int code, string said)
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/audit/verify", () => Results.Json(new AuditVerificationResult
        {
            Intact = intact, Entries = 5, FirstSeq = 1, Head = new AuditHead(5, s_hash), BrokenSeq = intact ? null : 3, Problem = intact ? null : "It does not follow the entry before it.",
            KeptHead = kept, CheckedAt = Given.Noon,
        }, WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync(["audit", "verify", .. kept is null ? Array.Empty<string>() : ["--head", "4:" + s_hash]])).ShouldBe(code, shell.Error);
        shell.Out.ShouldContain(said);
        shell.Out.ShouldContain("5:" + s_hash);
        server.Of("GET", "/audit/verify").Single().Query.ShouldBe(kept is null ? "" : "?head=4:" + s_hash);
        (await shell.RunAsync("audit", "verify", "--head", "nonsense")).ShouldBe(2);
    }
}
