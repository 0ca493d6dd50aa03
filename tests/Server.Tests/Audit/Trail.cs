using System.Text;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>Reads the trail, and does to it what nobody should be able to.</summary>
internal static class Trail
{
    /// <summary>All entries behind a number, oldest first.</summary>
    public static async Task<List<AuditEntryRow>> EntriesAsync(this TestServer server, long after = 0)
    {
        await using var db = server.Db();
        return await db.AuditEntries.AsNoTracking().Where(e => e.Seq > after).OrderBy(e => e.Seq).ToListAsync();
    }

    public static async Task<long> LastAsync(this TestServer server) => (await server.Client.ReadAsync<AuditHead>("audit/head")).Seq;

    public static Task<AuditVerificationResult> VerifyAsync(this TestServer server, AuditHead? kept = null)
        => server.Client.ReadAsync<AuditVerificationResult>("audit/verify" + (kept is null ? "" : $"?head={kept.Seq}:{kept.Hash}"));

    /// <summary>What who owns the database can do: take the guards away, then change what they like.</summary>
    public static async Task TamperAsync(this TestServer server, params string[] sql)
    {
        await using var db = server.Db();
        foreach (var name in new[] { "audit_entries_append", "audit_entries_appended", "audit_entries_update", "audit_entries_delete", "audit_head_update", "audit_head_delete" })
            if (!db.IsPostgres) await RunAsync($"drop trigger if exists {name}");
        foreach (var (name, table) in new[] { ("audit_entries_rows", "audit_entries"), ("audit_entries_all", "audit_entries"), ("audit_head_rows", "audit_head"), ("audit_head_all", "audit_head") })
            if (db.IsPostgres) await RunAsync($"drop trigger if exists {name} on {table}");
        foreach (var one in sql) await RunAsync(one);

#pragma warning disable EF1002 // The tests' own texts.
        Task RunAsync(string text) => db.Database.ExecuteSqlRawAsync(text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));
#pragma warning restore EF1002
    }

    /// <summary>Everything that is stored of the trail, as text.</summary>
    public static async Task<string> TextAsync(this TestServer server)
    {
        var text = new StringBuilder();
        foreach (var entry in await server.EntriesAsync()) text.AppendLine(System.Text.Json.JsonSerializer.Serialize(entry, WarrenJson.Options));
        return text.ToString();
    }
}
