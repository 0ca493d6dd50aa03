using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Audit;

/// <summary>
/// Puts entries behind the last one: each holds the SHA-256 of the one before it and of its own fields, so that what was
/// changed, left out, put in or moved afterwards is found by reckoning again.
/// </summary>
internal static class AuditChain
{
    /// <summary>What the first entry has for the hash before it.</summary>
    public const string Beginning = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>
    /// Adds entries to the context, numbered and hashed, in the present transaction; the caller saves. From here to the commit nobody
    /// else adds any. Whoever holds the turn to write events may take this one, and never the other way round.
    /// </summary>
    public static async Task AppendAsync(WarrenDb db, IReadOnlyList<AuditEntryRow> entries, CancellationToken cancellation)
    {
        var last = await LockAsync(db, cancellation);
        var (seq, hash) = (last.Seq, last.Hash);
        foreach (var entry in entries)
        {
            entry.Seq = ++seq;
            entry.PreviousHash = hash;
            entry.Hash = hash = HashOf(entry);
            db.AuditEntries.Add(entry);
        }
    }

    /// <summary>
    /// Takes the turn to write, until the transaction ends, and reads where the chain ends: in one, the row's lock, which whoever waits for it gets
    /// with what was written meanwhile. SQLite's transaction is that turn.
    /// </summary>
    public static Task<AuditHeadRow> LockAsync(WarrenDb db, CancellationToken cancellation)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("The audit trail is written in a transaction.");
        return (db.IsPostgres ? db.AuditHeads.FromSqlRaw("select * from audit_head for update") : db.AuditHeads).AsNoTracking().AsAsyncEnumerable().SingleAsync(cancellation).AsTask();
    }

    /// <summary>SHA-256 in hex of the hash before it, a line feed, and its fields.</summary>
    public static string HashOf(AuditEntryRow entry)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(entry.PreviousHash + "\n" + Canonical(entry))));

    /// <summary>Each field that there is as <c>name:bytes:value</c> and a line feed, in this order; then the detail by its names.</summary>
    private static string Canonical(AuditEntryRow entry)
    {
        var text = new StringBuilder();
        Put("seq", entry.Seq.ToString(CultureInfo.InvariantCulture));
        Put("at", entry.At.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        Put("actor", Word(entry.Actor));
        Put("userId", entry.UserId);
        Put("user", entry.UserName);
        Put("credential", entry.Credential);
        Put("tried", entry.Tried);
        Put("address", entry.Address);
        Put("userAgent", entry.UserAgent);
        Put("action", entry.Action);
        Put("method", entry.Method);
        Put("route", entry.Route);
        Put("subjectKind", entry.SubjectKind);
        Put("subjectId", entry.SubjectId);
        Put("subject", entry.SubjectName);
        Put("projectId", entry.ProjectId);
        Put("result", Word(entry.Result));
        Put("status", entry.Status?.ToString(CultureInfo.InvariantCulture));
        Put("problem", entry.Problem);
        Put("operationId", entry.OperationId);
        foreach (var (name, value) in entry.Detail) Put("detail." + name, value);
        return text.ToString();

        void Put(string name, string? value)
        {
            if (value is not null) text.Append(name).Append(':').Append(Encoding.UTF8.GetByteCount(value)).Append(':').Append(value).Append('\n');
        }
    }

    /// <summary>As it is on the wire.</summary>
    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
