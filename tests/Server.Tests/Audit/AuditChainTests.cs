using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>The chain: what breaks it is found, what the database refuses, what retention leaves, and what an export can be verified by.</summary>
public abstract class AuditChainTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Theory]
    [InlineData("update audit_entries set user_name = 'somebody' where seq = 3")]
    [InlineData("update audit_entries set detail_json = '{}' where seq = 3")]
    [InlineData("delete from audit_entries where seq = 3")]
    [InlineData("delete from audit_entries")]
    [InlineData("insert into audit_entries (seq, at, actor, action, result, detail_json, previous_hash, hash) values (3000, 1, 'System', 'x', 'Ok', '{}', 'x', 'y')")]
    [InlineData("update audit_head set seq = 1")]
    [InlineData("update audit_head set pruned_through = 100000")]
    [InlineData("delete from audit_head")]
    public async Task The_database_refuses_to_change_the_trail(string sql)
    {
        await using var server = await MadeAsync(6);
        await using (var db = server.Db())
            await Should.ThrowAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlRawAsync(sql.Replace("{}", "{{}}", StringComparison.Ordinal)));
        (await server.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Theory]
    [InlineData(3, "update audit_entries set user_name = 'somebody' where seq = 3")]
    [InlineData(3, "update audit_entries set user_name = null where seq = 3")]
    [InlineData(3, "update audit_entries set result = 'Ok', status = 200 where seq = 3")]
    [InlineData(3, "update audit_entries set at = at + 1 where seq = 3")]
    [InlineData(3, "update audit_entries set detail_json = '{\"name\":\"other\"}' where seq = 3")]
    [InlineData(3, "update audit_entries set detail_json = 'nonsense' where seq = 3")]
    [InlineData(4, "delete from audit_entries where seq = 4")]
    [InlineData(1, "delete from audit_entries where seq <= 2")]
    [InlineData(5, "update audit_entries set seq = 1000 where seq = 4", "update audit_entries set seq = 4 where seq = 5", "update audit_entries set seq = 5 where seq = 1000")]
    public async Task What_was_tampered_with_is_found(long first, params string[] sql)
    {
        await using var server = await MadeAsync(6);
        (await server.VerifyAsync()).Intact.ShouldBeTrue();
        await server.TamperAsync(sql);
        var found = await server.VerifyAsync();
        found.Intact.ShouldBeFalse();
        // Of two that changed places the first is wrong already.
        (found.BrokenSeq == first || (sql.Length == 3 && found.BrokenSeq == 4)).ShouldBeTrue(found.BrokenSeq + found.Problem);
    }

    [Fact]
    public async Task An_entry_put_in_is_found_even_with_a_hash_that_fits_it()
    {
        await using var server = await MadeAsync(6);
        var entries = await server.EntriesAsync();
        var forged = entries[2];
        forged.UserName = "somebody";
        await server.TamperAsync($"update audit_entries set user_name = 'somebody', hash = '{AuditChain.HashOf(forged)}' where seq = 3");
        (await server.VerifyAsync()).BrokenSeq.ShouldBe(4);
    }

    [Fact]
    public async Task An_end_that_was_cut_off_shows_by_the_head_and_where_that_was_set_back_too_by_a_head_kept_elsewhere()
    {
        await using var server = await MadeAsync(6);
        var entries = await server.EntriesAsync();
        var kept = new AuditHead(entries[^1].Seq, entries[^1].Hash);
        var (gone, left) = (entries[^1].Seq, entries[^3]);
        await server.TamperAsync($"delete from audit_entries where seq > {left.Seq}");
        var found = await server.VerifyAsync();
        (found.Intact, found.BrokenSeq, found.Head.Seq).ShouldBe((false, left.Seq + 1, gone));
        // Whoever can do the one can do the other: the chain alone says that all is well then.
        await server.TamperAsync($"update audit_head set seq = {left.Seq}, hash = '{left.Hash}'");
        (await server.VerifyAsync()).Intact.ShouldBeTrue();
        (await server.VerifyAsync(kept)).KeptHead.ShouldBe(KeptHeadState.Missing);
        (await server.VerifyAsync(new AuditHead(left.Seq, left.Hash))).KeptHead.ShouldBe(KeptHeadState.Found);
    }

    [Fact]
    public async Task Retention_takes_the_oldest_away_and_what_is_left_can_be_verified()
    {
        await using var server = await MadeAsync(5);
        var old = await server.EntriesAsync();
        server.Clock.Advance(TimeSpan.FromDays(402));
        await MakeAsync(server, 3, "new");
        (await server.Get<PruneAudit>().PruneAsync(CancellationToken.None)).ShouldBe(old.Count);
        var left = await server.EntriesAsync();
        left[0].Seq.ShouldBe(old[^1].Seq + 1);
        var prune = left.Single(e => e.Action == PruneAudit.Action);
        (prune.Actor, prune.Detail["through"], prune.Detail["hash"]).ShouldBe((AuditActor.System, old[^1].Seq.ToString(CultureInfo.InvariantCulture), old[^1].Hash));
        var found = await server.VerifyAsync(new AuditHead(old[1].Seq, old[1].Hash));
        (found.Intact, found.FirstSeq, found.Problem, found.KeptHead).ShouldBe((true, left[0].Seq, null, KeptHeadState.Pruned));
        (await server.Get<PruneAudit>().PruneAsync(CancellationToken.None)).ShouldBe(0);
        await MakeAsync(server, 1, "newer");
        (await server.VerifyAsync()).Intact.ShouldBeTrue();

        // By the same door, without the entry that says so.
        await using var db = server.Db();
        var (through, hash) = (left[1].Seq, left[1].Hash);
        await db.Database.ExecuteSqlAsync($"update audit_head set pruned_through = {through}, pruned_hash = {hash}");
        await db.Database.ExecuteSqlAsync($"delete from audit_entries where seq <= {through}");
        (await server.VerifyAsync()).Problem!.ShouldContain("no entry says that retention took them away");
    }

    [Fact]
    public async Task Retention_goes_in_steps_and_a_head_at_their_end_is_known()
    {
        await using var server = await MadeAsync(9, "Audit:PrunedAtOnce=4");
        var old = await server.EntriesAsync();
        server.Clock.Advance(TimeSpan.FromDays(402));
        await MakeAsync(server, 1, "new");
        (await server.Get<PruneAudit>().PruneAsync(CancellationToken.None)).ShouldBe(old.Count);
        (await server.EntriesAsync()).Count(e => e.Action == PruneAudit.Action).ShouldBe((old.Count + 3) / 4);
        (await server.VerifyAsync(new AuditHead(old[^1].Seq, old[^1].Hash))).ShouldSatisfyAllConditions(v => v.Intact.ShouldBeTrue(), v => v.KeptHead.ShouldBe(KeptHeadState.Found));
        (await server.VerifyAsync(new AuditHead(old[^1].Seq, old[^2].Hash))).KeptHead.ShouldBe(KeptHeadState.Pruned);
    }

    [Fact]
    public async Task An_export_has_every_entry_and_can_be_verified_without_the_server()
    {
        await using var server = await MadeAsync(8);
        var lines = (await server.Client.GetStringAsync("audit/export")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe((int)await server.LastAsync());
        var previous = new string('0', 64);
        foreach (var line in lines)
        {
            using var entry = JsonDocument.Parse(line);
            entry.RootElement.GetProperty("previousHash").GetString().ShouldBe(previous);
            previous = entry.RootElement.GetProperty("hash").GetString()!;
            Reckon(entry.RootElement).ShouldBe(previous);
        }

        JsonDocument.Parse(lines[^1]).RootElement.GetProperty("action").GetString().ShouldBe("audit.export");
        (await server.Client.GetStringAsync($"audit/export?after={lines.Length - 2}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(3);
    }

    /// <summary>As docs/audit.md tells strangers to, from the line alone.</summary>
    private static string Reckon(JsonElement entry)
    {
        string[] names = ["seq", "at", "actor", "userId", "user", "credential", "tried", "address", "userAgent", "action", "method", "route", "subjectKind", "subjectId", "subject", "projectId", "result", "status", "problem", "operationId"];
        var text = new StringBuilder(entry.GetProperty("previousHash").GetString() + "\n");
        foreach (var name in names)
            if (entry.TryGetProperty(name, out var value)) Add(name, name == "at" ? value.GetDateTimeOffset().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) : value.ToString());
        foreach (var field in entry.GetProperty("detail").EnumerateObject().OrderBy(f => f.Name, StringComparer.Ordinal)) Add("detail." + field.Name, field.Value.GetString()!);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Add(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name}:{Encoding.UTF8.GetByteCount(value)}:{value}\n");
    }

    private async Task<TestServer> MadeAsync(int entries, params string[] settings)
    {
        var server = await StartAsync(settings: settings);
        await MakeAsync(server, entries, "p");
        return server;
    }

    private static async Task MakeAsync(TestServer server, int entries, string name)
    {
        for (var i = 0; i < entries; i++) await server.Client.MakeAsync<Project>("projects", new CreateProjectRequest($"{name}-{i}"));
    }
}

public sealed class SqliteAuditChainTests() : AuditChainTests(null);

public sealed class PostgresAuditChainTests(PostgresCluster cluster) : AuditChainTests(cluster);
