using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Database;
using Warren.Server.Events;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Snapshots;
using Warren.Server.Templates;

namespace Warren.Server.Access;

/// <summary>
/// Tokens that are good for one pool or one template: which routes they open, and which rows they see there. Anything that
/// is not named here is closed to them.
/// </summary>
internal static class Confinement
{
    private const string Machine = "/api/v1/machines/{machine}";

    /// <summary>What makes other machines of a machine, takes it elsewhere, or lets others in.</summary>
    private static readonly string[] s_never = [Machine + "/clone", Machine + "/fork", Machine + "/migrate", Machine + "/shares", Machine + "/shares/{share}", Machine + "/users", Machine + "/users/{user}"];

    private static readonly string[] s_both = ["/api/v1/session", "/api/v1/limits", "/api/v1/events", "/api/v1/operations/", "/api/v1/operations/{id}", "/api/v1/machines/"];
    private static readonly string[] s_pool = ["GET /api/v1/pools/{pool}", "GET /api/v1/pools/{pool}/claims", "POST /api/v1/pools/{pool}/claims"];
    private static readonly string[] s_template = ["GET /api/v1/templates/{template}", "POST /api/v1/machines/"];

    /// <summary>A launch that says nothing.</summary>
    private static readonly JsonObject s_bare = Json(new LaunchRequest());

    /// <summary>Whether a confined token opens a route.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="method">GET, POST, ...</param>
    /// <param name="route">The route's pattern.</param>
    public static bool Opens(Caller caller, string method, string route)
    {
        var own = caller.Pool is not null ? s_pool : s_template;
        if (own.Contains($"{method} {route}", StringComparer.Ordinal)) return true;
        if (route.StartsWith("/api/v1/claims/", StringComparison.Ordinal)) return caller.Pool is not null;
        if (route.StartsWith(Machine, StringComparison.Ordinal))
            return !s_never.Contains(route, StringComparer.Ordinal) && (caller.Pool is null || method != "DELETE" || route != Machine);
        return method == "GET" && s_both.Contains(route, StringComparer.Ordinal);
    }

    /// <summary>The rows of it: of machines and the like, those that the user took from the pool or made of the template.</summary>
    public static IQueryable<T> Within<T>(IQueryable<T> rows, string user, string? pool, string? template) where T : IOwned => rows switch
    {
        IQueryable<MachineRow> machines => (IQueryable<T>)(pool is not null
            ? machines.Where(m => m.PoolId == pool && m.LeaseId != null && m.OwnerId == user)
            : machines.Where(m => m.OwnerId == user && m.Template != null && m.Template.StartsWith(template + "@"))),
        IQueryable<PoolRow> pools => (IQueryable<T>)pools.Where(p => p.Id == pool),
        IQueryable<LeaseRow> leases => (IQueryable<T>)leases.Where(l => l.PoolId == pool && l.OwnerId == user),
        IQueryable<TemplateRow> templates => (IQueryable<T>)templates.Where(t => t.Name == template),
        IQueryable<OperationRow> or IQueryable<SnapshotRow> or IQueryable<RecordingRow> => rows.Where(r => r.OwnerId == user),
        // Images, golden images and keys that a template names: their own routes are closed.
        _ => rows,
    };

    /// <summary>Of operations, those on machines within it.</summary>
    /// <param name="rows">What the caller sees otherwise.</param>
    /// <param name="db">Where they are.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="gone">Also those on machines that are no more: who asks for the end of one is told of it.</param>
    public static IQueryable<OperationRow> Operations(IQueryable<OperationRow> rows, WarrenDb db, Caller caller, bool gone)
    {
        if (!caller.IsConfined) return rows;
        var within = caller.Visible(db.Machines);
        return rows.Where(o => o.SubjectKind == "machine" && (within.Any(m => m.Id == o.SubjectId) || (gone && !db.Machines.Any(m => m.Id == o.SubjectId))));
    }

    /// <summary>Of events, those about machines and leases within it, and about what is done to the machines. The end of a machine tells its id alone.</summary>
    public static async Task<List<EventRow>> EventsAsync(List<EventRow> seen, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        if (!caller.IsConfined || seen.Count == 0) return seen;
        var ids = seen.Select(e => e.SubjectId).Distinct().ToList();
        var within = (await caller.Visible(db.Machines).Where(m => ids.Contains(m.Id)).Select(m => m.Id).ToListAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        within.UnionWith(await Operations(caller.Visible(db.Operations), db, caller, gone: false).Where(o => ids.Contains(o.Id)).Select(o => o.Id).ToListAsync(cancellation));
        within.UnionWith(await caller.Visible(db.Leases).Where(l => ids.Contains(l.Id)).Select(l => l.Id).ToListAsync(cancellation));
        return [.. seen.Where(e => e.Type == "machine.deleted" || within.Contains(e.SubjectId))];
    }

    /// <exception cref="RefusedException">The caller's token is good for another template only.</exception>
    public static void DemandTemplate(Caller caller, LaunchRequest request)
    {
        if (caller.Template is not { } only) return;
        if (request.Template?.Split('@')[0] != only) throw Refused("template");
        // Whatever else a launch can say, now or later, is the template's to say.
        var asked = Json(request with { Template = null, Name = null, MemoryMiB = null, Cpus = null, DiskGiB = null, Start = true });
        if (asked.FirstOrDefault(field => !JsonNode.DeepEquals(field.Value, s_bare[field.Key])) is { Key: { } other }) throw Refused(other);

        RefusedException Refused(string field)
            => new(Problems.Forbidden($"{field}: this token is good for launches of the template '{only}' as it is; name and size may differ."));
    }

    private static JsonObject Json(LaunchRequest request) => JsonSerializer.SerializeToNode(request, WarrenJson.Options)!.AsObject();
}
