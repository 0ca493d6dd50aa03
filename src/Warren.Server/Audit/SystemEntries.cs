using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Audit;

/// <summary>
/// What the server does by itself, written down in the transaction that does it: each operation that no request asked for, and the end of
/// every operation, whoever asked.
/// </summary>
internal static class SystemEntries
{
    /// <summary>Behind the kind of an operation: it has ended.</summary>
    public const string Ended = ".ended";

    public static AuditEntryRow Of(string action, DateTimeOffset at, AuditResult result, params (string Name, string Value)[] detail) => new()
    {
        At = at,
        Actor = AuditActor.System,
        Action = action,
        Result = result,
        DetailJson = AuditEntryRow.Kept(detail.ToDictionary(d => d.Name, d => d.Value, StringComparer.Ordinal)),
    };

    /// <summary>Finds operations that begin or end with the changes that are about to be saved.</summary>
    /// <param name="db">The context.</param>
    /// <param name="draft">The request's entry, which names what it asked for; null: nobody asked.</param>
    /// <param name="at">When.</param>
    public static List<AuditEntryRow> Find(WarrenDb db, AuditDraft? draft, DateTimeOffset at)
    {
        var found = new List<AuditEntryRow>();
        foreach (var change in db.ChangeTracker.Entries<OperationRow>())
        {
            var row = change.Entity;
            if (change.State == EntityState.Added)
            {
                if (draft is null) found.Add(About(row, row.Kind, at, AuditResult.Ok));
                else draft.Enqueued(row.Id);
            }
            else if (change.State == EntityState.Modified && !row.Live && change.Property(o => o.Live).OriginalValue)
            {
                found.Add(About(row, row.Kind + Ended, at, row.Status == OperationStatus.Succeeded ? AuditResult.Ok : AuditResult.Failed));
            }
        }

        return found;
    }

    private static AuditEntryRow About(OperationRow row, string action, DateTimeOffset at, AuditResult result)
    {
        var entry = Of(action, at, result, ("status", JsonNamingPolicy.KebabCaseLower.ConvertName(row.Status.ToString())));
        (entry.SubjectKind, entry.SubjectId, entry.SubjectName, entry.ProjectId, entry.OperationId) = (row.SubjectKind, row.SubjectId, AuditText.Of(row.SubjectName), row.ProjectId, row.Id);
        entry.Problem = row.Live ? null : row.Problem?.Kind;
        return entry;
    }
}
