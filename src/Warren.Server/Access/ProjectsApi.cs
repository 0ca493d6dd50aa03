using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes under /projects. One sees those that one is a member of, and administrators all.</summary>
internal static class ProjectsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/projects").WithTags("projects").WithMetadata(Needs.Account);
        group.MapGet("/", ListAsync).WithName("listProjects").WithSummary("Your projects, by name; all of them for administrators");
        group.MapPost("/", CreateAsync).WithName("createProject").ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).WithSummary("A new project, whose administrator you are");
        group.MapGet("/{project}", GetAsync).WithName("getProject").ProducesProblem(404).WithSummary("One project, by id or name");
        group.MapGet("/{project}/members", MembersAsync).WithName("listProjectMembers").ProducesProblem(404).WithSummary("Who is in it, by name");
        group.MapPut("/{project}/members/{user}", SetAsync).WithName("setProjectMember").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Let a user in, or change their role in the project; for its administrators");
        group.MapDelete("/{project}/members/{user}", RemoveAsync).WithName("removeProjectMember").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Take a user out: what they have open of it ends at once; for its administrators, and for oneself");
    }

    /// <summary>A project that the caller may see.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static async Task<ProjectRow> FindAsync(string project, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.Saw(await Visible(db, caller).FirstOrDefaultAsync(p => p.Id == project || p.Name == project, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no project '{project}'.")));

    private static async Task<Ok<Page<Project>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var (rows, next) = await Paging.RowsAsync(Visible(db, caller), p => p.Name, newestFirst: false, limit, after, cancellation);
        return TypedResults.Ok(new Page<Project>(await ViewAsync(rows, db, caller, cancellation), next));
    }

    private static async Task<Created<Project>> CreateAsync(CreateProjectRequest request, WarrenDb db, Caller caller, TimeProvider clock, CancellationToken cancellation)
    {
        if (!Names.IsLabel(request.Name)) throw new RefusedException(Problems.Validation("name", Names.LabelRule));
        if (caller.Role == UserRole.Viewer) throw new RefusedException(Problems.Forbidden("Viewers make no projects."));
        if (await db.Projects.AnyAsync(p => p.Name == request.Name, cancellation)) throw new RefusedException(Problems.NameTaken(request.Name));
        var now = clock.GetUtcNow();
        var row = new ProjectRow { Id = Ids.New(clock), Name = request.Name, CreatedAt = now };
        db.AddRange(row, new ProjectMemberRow { ProjectId = row.Id, UserId = caller.UserId, Role = ProjectRole.Administrator, CreatedAt = now });
        await db.SaveChangesAsync(cancellation);
        return TypedResults.Created($"/api/v1/projects/{row.Id}", (await ViewAsync([row], db, caller, cancellation))[0]);
    }

    private static async Task<Ok<Project>> GetAsync(string project, WarrenDb db, Caller caller, CancellationToken cancellation)
        => TypedResults.Ok((await ViewAsync([await FindAsync(project, db, caller, cancellation)], db, caller, cancellation))[0]);

    private static async Task<Ok<Page<ProjectMember>>> MembersAsync(string project, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var row = await FindAsync(project, db, caller, cancellation);
        var members = await (from m in db.ProjectMembers
                             where m.ProjectId == row.Id
                             join u in db.Users on m.UserId equals u.Id
                             orderby u.Name
                             select new ProjectMember(u.Name, u.Kind, m.Role)).ToListAsync(cancellation);
        return TypedResults.Ok(new Page<ProjectMember>(members));
    }

    private static async Task<Ok<ProjectMember>> SetAsync(
        string project, string user, SetMemberRequest request, WarrenDb db, Caller caller, Accounts accounts, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await FindAsync(project, db, caller, cancellation);
        await DemandAdministratorAsync(row, db, caller, cancellation);
        var who = await accounts.FindAsync(user, cancellation);
        await db.TransactAsync(async () =>
        {
            var member = await db.ProjectMembers.SingleOrDefaultAsync(m => m.ProjectId == row.Id && m.UserId == who.Id, cancellation);
            if (member is null) db.ProjectMembers.Add(new ProjectMemberRow { ProjectId = row.Id, UserId = who.Id, Role = request.Role, CreatedAt = clock.GetUtcNow() });
            else member.Role = request.Role;
            await db.SaveChangesAsync(cancellation);
            await DemandSomebodyAsync(row, db, cancellation);
            return true;
        }, cancellation);
        return TypedResults.Ok(new ProjectMember(who.Name, who.Kind, request.Role));
    }

    private static async Task<NoContent> RemoveAsync(string project, string user, WarrenDb db, Caller caller, Accounts accounts, CancellationToken cancellation)
    {
        var row = await FindAsync(project, db, caller, cancellation);
        if (user != caller.UserId && user != caller.UserName) await DemandAdministratorAsync(row, db, caller, cancellation);
        var who = await accounts.FindAsync(user, cancellation);
        await db.TransactAsync(async () =>
        {
            if (await db.ProjectMembers.Where(m => m.ProjectId == row.Id && m.UserId == who.Id).ExecuteDeleteAsync(cancellation) == 0)
                throw new RefusedException(Problems.NotFound($"'{who.Name}' is no member of '{row.Name}'."));
            await DemandSomebodyAsync(row, db, cancellation);
            // Machines that were shared with them by themselves, too: out is out.
            db.MachineUsers.RemoveRange(await db.MachineUsers.Where(u => u.ProjectId == row.Id && u.UserId == who.Id).ToListAsync(cancellation));
            await db.SaveChangesAsync(cancellation);
            // A session of theirs that acts there goes on in a project that they have.
            var other = await db.ProjectMembers.Where(m => m.UserId == who.Id).OrderBy(m => m.ProjectId == who.ProjectId ? 0 : 1).Select(m => m.ProjectId).FirstOrDefaultAsync(cancellation);
            if (other is not null) await db.Sessions.Where(s => s.UserId == who.Id && s.ProjectId == row.Id).ExecuteUpdateAsync(s => s.SetProperty(r => r.ProjectId, other), cancellation);
            return true;
        }, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task DemandAdministratorAsync(ProjectRow project, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var user = caller.UserId;
        if (!caller.IsAdministrator && (caller.Role == UserRole.Viewer || !await db.ProjectMembers.AnyAsync(m => m.ProjectId == project.Id && m.UserId == user && m.Role == ProjectRole.Administrator, cancellation)))
            throw new RefusedException(Problems.Forbidden($"Only administrators of '{project.Name}' say who is in it."));
    }

    private static async Task DemandSomebodyAsync(ProjectRow project, WarrenDb db, CancellationToken cancellation)
    {
        if (!await db.ProjectMembers.AnyAsync(m => m.ProjectId == project.Id && m.Role == ProjectRole.Administrator, cancellation))
            throw new RefusedException(Problems.Conflict($"'{project.Name}' would have no administrator; make somebody else one first."));
    }

    private static IQueryable<ProjectRow> Visible(WarrenDb db, Caller caller)
    {
        if (caller.IsAdministrator) return db.Projects.AsNoTracking();
        var user = caller.UserId;
        return db.Projects.AsNoTracking().Where(p => db.ProjectMembers.Any(m => m.ProjectId == p.Id && m.UserId == user));
    }

    private static async Task<List<Project>> ViewAsync(IReadOnlyCollection<ProjectRow> rows, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var ids = rows.Select(r => r.Id).ToList();
        var user = caller.UserId;
        var members = await db.ProjectMembers.Where(m => ids.Contains(m.ProjectId)).GroupBy(m => m.ProjectId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, StringComparer.Ordinal, cancellation);
        var mine = await db.ProjectMembers.Where(m => ids.Contains(m.ProjectId) && m.UserId == user).ToDictionaryAsync(m => m.ProjectId, m => (ProjectRole?)m.Role, StringComparer.Ordinal, cancellation);
        return [.. rows.Select(r => new Project(r.Id, r.Name, mine.GetValueOrDefault(r.Id), members.GetValueOrDefault(r.Id), r.CreatedAt))];
    }
}
