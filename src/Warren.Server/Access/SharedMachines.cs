using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Events;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>A machine that a caller may use because it is shared with them.</summary>
/// <param name="MachineId">Its id.</param>
/// <param name="Role">Viewer or member.</param>
/// <param name="Name">What it is called in its project.</param>
/// <param name="ProjectId">Its project.</param>
internal sealed record SharedMachine(string MachineId, ProjectRole Role, string Name, string ProjectId);

/// <summary>
/// Machines that are shared with one user: which routes that opens, and what is seen by it besides one's project. A route that
/// is not named here is closed to them, so that a new one is until somebody has thought of it.
/// </summary>
internal static class SharedMachines
{
    private const string Machine = "/api/v1/machines/{machine}";

    /// <summary>Looking, and leaving.</summary>
    private static readonly HashSet<string> s_viewer = Routes(
        "GET ", "GET /agent", "GET /logs", "GET /readiness", "GET /screen", "GET /screen.png", "GET /serial", "POST /tickets", "DELETE /users/{user}");

    /// <summary>Using it, besides: its power, and its guest.</summary>
    private static readonly HashSet<string> s_member = Routes(
        "GET /ports/{port}", "GET /rdp", "POST /input", "POST /keys", "POST /pause", "POST /restart", "POST /resume", "POST /start", "POST /stop", "POST /suspend");

    /// <summary>Whether a route is open to whom a machine is shared with.</summary>
    /// <param name="role">As what.</param>
    /// <param name="method">GET, POST, …</param>
    /// <param name="route">The route's pattern.</param>
    public static bool Opens(ProjectRole role, string method, string route)
        => s_viewer.Contains($"{method} {route}") || (role == ProjectRole.Member && s_member.Contains($"{method} {route}"));

    /// <summary>
    /// The machine that a request is about, if it is one that is shared with the caller and if that is more than they may in its
    /// project. It is named by its id: a name means one in the current project, so that nobody can put a machine in its place.
    /// </summary>
    public static async Task<SharedMachine?> OfAsync(HttpContext http, Caller caller, string route)
    {
        if (!caller.HasShared || !route.StartsWith(Machine, StringComparison.Ordinal) || http.GetRouteValue("machine") is not string named) return null;
        var db = http.RequestServices.GetRequiredService<WarrenDb>();
        var (user, project) = (caller.UserId, caller.ProjectId);
        var found = await (from u in db.MachineUsers.AsNoTracking()
                           where u.UserId == user
                           join m in db.Machines on u.MachineId equals m.Id
                           where m.Id == named || (m.Name == named && m.ProjectId == project)
                           select new SharedMachine(u.MachineId, u.Role, m.Name, m.ProjectId)).FirstOrDefaultAsync(http.RequestAborted);
        if (found is null) return null;
        // Members have more by their project; viewers of it have all that a machine's viewer has.
        if (found.ProjectId == project && (caller.MayChange || found.Role != ProjectRole.Member || !Opens(found.Role, http.Request.Method, route))) return null;
        return found;
    }

    /// <summary>Machines that the caller sees, those that are shared with them among them.</summary>
    public static IQueryable<MachineRow> Machines(WarrenDb db, Caller caller)
    {
        if (!caller.HasShared) return caller.Visible(db.Machines.AsNoTracking());
        var (user, project) = (caller.UserId, caller.ProjectId);
        return db.Machines.AsNoTracking().Where(m => m.ProjectId == project || db.MachineUsers.Any(u => u.MachineId == m.Id && u.UserId == user));
    }

    /// <summary>Operations that the caller sees, those on machines that are shared with them among them.</summary>
    public static IQueryable<OperationRow> Operations(WarrenDb db, Caller caller)
    {
        if (!caller.HasShared) return caller.Visible(db.Operations.AsNoTracking());
        var (user, project) = (caller.UserId, caller.ProjectId);
        return db.Operations.AsNoTracking().Where(o => o.ProjectId == project || (o.SubjectKind == "machine" && db.MachineUsers.Any(u => u.MachineId == o.SubjectId && u.UserId == user)));
    }

    /// <summary>Machines that are shared with the caller, and how.</summary>
    public static async Task<Dictionary<string, SharedWithYou>> WithAsync(WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        if (!caller.HasShared) return [];
        var (user, project, changes) = (caller.UserId, caller.ProjectId, caller.MayWrite && Standing.MayChange(caller.Role, caller.ProjectRole));
        return await (from u in db.MachineUsers.AsNoTracking()
                      where u.UserId == user && (u.ProjectId != project || (!changes && u.Role == ProjectRole.Member))
                      join sharer in db.Users on u.SharedBy equals sharer.Id
                      select new { u.MachineId, u.Role, sharer.Name }).ToDictionaryAsync(u => u.MachineId, u => new SharedWithYou(u.Role, u.Name), StringComparer.Ordinal, cancellation);
    }

    /// <summary>Ids of the events that are told to the caller because a machine is shared with them, was so until it ended, or is so no more.</summary>
    /// <param name="rows">The events.</param>
    /// <param name="db">Where they are.</param>
    /// <param name="caller">Who listens.</param>
    /// <param name="shared">Machines that are shared with them.</param>
    /// <param name="before">Machines that were so a moment ago.</param>
    /// <param name="cancellation">Cancels.</param>
    public static async Task<HashSet<long>> HeardAsync(
        List<EventRow> rows, WarrenDb db, Caller caller, IReadOnlyCollection<string> shared, IReadOnlyCollection<string> before, CancellationToken cancellation)
    {
        if (!caller.HasShared) return [];
        var of = rows.Where(e => e.Type.StartsWith("operation.", StringComparison.Ordinal)).Select(e => e.SubjectId).Distinct().ToList();
        var operations = of.Count == 0 || shared.Count == 0 ? [] : await db.Operations.Where(o => of.Contains(o.Id) && shared.Contains(o.SubjectId)).Select(o => o.Id).ToListAsync(cancellation);
        return [.. rows.Where(e => e.Type.Split('.') switch
        {
            [MachineUserRow.EventSubject, _] => e.OwnerId == caller.UserId,
            ["machine", "deleted"] => shared.Contains(e.SubjectId) || before.Contains(e.SubjectId),
            ["machine", _] => shared.Contains(e.SubjectId),
            ["operation", _] => operations.Contains(e.SubjectId),
            _ => false,
        }).Select(e => e.Id)];
    }

    private static HashSet<string> Routes(params string[] routes) => [.. routes.Select(r => r.Replace(" ", " " + Machine, StringComparison.Ordinal))];
}
