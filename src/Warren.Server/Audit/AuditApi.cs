using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Audit;

/// <summary>Routes under /audit: the trail for administrators; who administers a project sees what was done in it.</summary>
internal static class AuditApi
{
    private const int ExportBatch = 1000;

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/audit").WithTags("audit");
        group.MapGet("/", ListAsync).WithName("listAudit").ProducesProblem(400).ProducesProblem(403).WithSummary("Who did what, newest first; administrators of a project see that of the current one")
            .WithDescription("action is a whole name or its beginning (`machine.`); result is ok, refused or failed; from and to are times (RFC 3339), from included and to not; user, subject and project are ids or names.");
        group.MapGet("/head", HeadAsync).WithName("getAuditHead").WithMetadata(Needs.Administer).ProducesProblem(403)
            .WithSummary("The last entry's number and hash: kept elsewhere, it shows later whether the end was cut off");
        group.MapGet("/verify", VerifyAsync).WithName("verifyAudit").WithMetadata(Needs.Administer).ProducesProblem(400).ProducesProblem(403)
            .WithSummary("Walks the chain of hashes and tells the first entry that is wrong; with head=SEQ:HASH also whether that is still in it");
        group.MapGet("/export", ExportAsync).WithName("exportAudit").WithMetadata(Needs.Administer, AuditMark.Always).Produces<string>(200, "application/x-ndjson").ProducesProblem(403)
            .WithSummary("All entries, oldest first, one JSON object a line with its hashes; after=SEQ: only those behind it");
    }

    private static async Task<Ok<Page<AuditEntry>>> ListAsync(
        WarrenDb db, Caller caller, string? user, string? action, string? subject, string? project, string? result, DateTimeOffset? from, DateTimeOffset? to, string? address,
        int? limit, string? after, CancellationToken cancellation)
    {
        var rows = Visible(db, caller);
        // Names never look like ids, for which there are indexes.
        if (user is not null) rows = Ids.Looks(user) ? rows.Where(e => e.UserId == user) : rows.Where(e => e.UserName == user || e.Tried == user);
        if (action is not null) rows = rows.Where(e => e.Action.StartsWith(action));
        if (subject is not null) rows = Ids.Looks(subject) ? rows.Where(e => e.SubjectId == subject) : rows.Where(e => e.SubjectName == subject);
        if (project is not null)
        {
            // A project that is gone is named by its id.
            var id = await db.Projects.Where(p => p.Name == project).Select(p => p.Id).SingleOrDefaultAsync(cancellation) ?? project;
            rows = rows.Where(e => e.ProjectId == id);
        }

        if (result is not null)
        {
            var wanted = ResultOf(result);
            rows = rows.Where(e => e.Result == wanted);
        }

        if (from is { } begin) rows = rows.Where(e => e.At >= begin);
        if (to is { } end) rows = rows.Where(e => e.At < end);
        if (address is not null) rows = rows.Where(e => e.Address == address);
        if (after is not null)
        {
            var before = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : throw new RefusedException(Problems.Validation("after", "is no cursor of this list"));
            rows = rows.Where(e => e.Seq < before);
        }

        var take = Paging.LimitOf(limit);
        var page = await rows.OrderByDescending(e => e.Seq).Take(take + 1).ToListAsync(cancellation);
        var more = page.Count > take;
        if (more) page.RemoveAt(take);
        var ids = page.Select(e => e.ProjectId).OfType<string>().Distinct().ToList();
        var names = await db.Projects.Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, StringComparer.Ordinal, cancellation);
        return TypedResults.Ok(new Page<AuditEntry>(
            [.. page.Select(e => e.ToContract(e.ProjectId is { } id ? names.GetValueOrDefault(id) : null))],
            more ? page[^1].Seq.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static IQueryable<AuditEntryRow> Visible(WarrenDb db, Caller caller)
    {
        var rows = db.AuditEntries.AsNoTracking();
        if (caller.IsAdministrator) return rows;
        if (caller.IsConfined || caller.ProjectRole != ProjectRole.Administrator)
            throw new RefusedException(Problems.Forbidden("Only administrators, and those of the current project, see who did what."));
        var project = caller.ProjectId;
        return rows.Where(e => e.ProjectId == project);
    }

    private static async Task<Ok<AuditHead>> HeadAsync(WarrenDb db, CancellationToken cancellation)
    {
        var head = await db.AuditHeads.AsNoTracking().SingleAsync(cancellation);
        return TypedResults.Ok(new AuditHead(head.Seq, head.Hash));
    }

    private static async Task<Ok<AuditVerificationResult>> VerifyAsync(string? head, AuditVerification verification, CancellationToken cancellation)
        => TypedResults.Ok(await verification.RunAsync(head is null ? null : HeadOf(head), cancellation));

    private static async Task ExportAsync(long? after, HttpContext http, IDbContextFactory<WarrenDb> databases, CancellationToken cancellation)
    {
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers.ContentDisposition = "attachment; filename=\"audit.ndjson\"";
        // Its own entry is written before the first byte, and so the last of the file.
        await http.Response.StartAsync(cancellation);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var end = (await db.AuditHeads.AsNoTracking().SingleAsync(cancellation)).Seq;
        var last = after ?? 0;
        while (true)
        {
            // Page by page: one long read would keep SQLite from tidying up its log meanwhile.
            var page = await db.AuditEntries.AsNoTracking().Where(e => e.Seq > last && e.Seq <= end).OrderBy(e => e.Seq).Take(ExportBatch).ToListAsync(cancellation);
            foreach (var entry in page)
            {
                await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(entry.ToContract(), WarrenJson.Options), cancellation);
                await http.Response.Body.WriteAsync("\n"u8.ToArray(), cancellation);
            }

            if (page.Count < ExportBatch) return;
            last = page[^1].Seq;
        }
    }

    private static AuditResult ResultOf(string text) => text switch
    {
        "ok" => AuditResult.Ok,
        "refused" => AuditResult.Refused,
        "failed" => AuditResult.Failed,
        _ => throw new RefusedException(Problems.Validation("result", "ok, refused or failed")),
    };

    private static AuditHead HeadOf(string text)
        => text.Split(':') is [var seq, { Length: 64 } hash] && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AuditHead(number, hash) : throw new RefusedException(Problems.Validation("head", "SEQ:HASH, as an earlier head was told"));
}
