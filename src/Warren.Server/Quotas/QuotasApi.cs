using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Networks;
using Warren.Server.Web;

namespace Warren.Server.Quotas;

/// <summary>Routes /limits, /users/{user}/limits and /projects/{project}/limits.</summary>
internal static class QuotasApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/limits", LimitsAsync).WithTags("limits").WithName("getLimits").WithSummary("What a launch may ask for, and what you and the current project may have and have");
        var group = api.MapGroup("").WithTags("limits");
        group.MapGet("/users/{user}/limits", OfUserAsync).WithName("getUserLimits").WithMetadata(Needs.Administer).ProducesProblem(403).ProducesProblem(404).WithSummary("What a user may have and has, in all projects together");
        group.MapPut("/users/{user}/limits", SetUserAsync).WithName("setUserLimits").WithMetadata(Needs.Administer).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404)
            .WithSummary("Set what a user may have; what is left out is the server's default, -1 is no limit");
        group.MapGet("/projects/{project}/limits", OfProjectAsync).WithName("getProjectLimits").WithMetadata(Needs.Account).ProducesProblem(404).WithSummary("What a project may have and has, of all its members together");
        group.MapPut("/projects/{project}/limits", SetProjectAsync).WithName("setProjectLimits").WithMetadata(Needs.Administer).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404)
            .WithSummary("Set what a project may have; what is left out is the server's default, -1 is no limit. For administrators of the server");
    }

    private static async Task<Ok<Limits>> LimitsAsync(MachineOptions options, PortOptions ports, WarrenDb db, Caller caller, QuotaCheck quotas, CancellationToken cancellation)
    {
        var limits = options.LimitsFor(null, ports);
        if (caller.IsAdministrator) limits = limits with { NetworkMbps = null, DiskMiBps = null, DiskIops = null };
        // It hears of what it made and of nothing else.
        if (caller.IsConfined) return TypedResults.Ok(limits);
        var (user, project) = (caller.UserId, caller.ProjectId);
        var name = await db.Projects.Where(p => p.Id == project).Select(p => p.Name).SingleAsync(cancellation);
        return TypedResults.Ok(limits with
        {
            User = await quotas.StandingAsync(QuotaScope.User, user, caller.UserName, project, cancellation),
            Project = await quotas.StandingAsync(QuotaScope.Project, project, name, null, cancellation),
        });
    }

    private static async Task<Ok<QuotaStanding>> OfUserAsync(string user, Accounts accounts, QuotaCheck quotas, CancellationToken cancellation)
        => await ShowAsync(await accounts.FindAsync(user, cancellation), quotas, cancellation);

    private static async Task<Ok<QuotaStanding>> SetUserAsync(
        string user, Contracts.Quotas request, WarrenDb db, Caller caller, Accounts accounts, QuotaCheck quotas, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await accounts.FindAsync(user, cancellation);
        Accounts.DemandMayManage(caller, row);
        await SetAsync(row.Id, request, db, clock, cancellation);
        return await ShowAsync(row, quotas, cancellation);
    }

    private static async Task<Ok<QuotaStanding>> OfProjectAsync(string project, WarrenDb db, Caller caller, QuotaCheck quotas, CancellationToken cancellation)
        => await ShowAsync(await ProjectsApi.FindAsync(project, db, caller, cancellation), quotas, cancellation);

    private static async Task<Ok<QuotaStanding>> SetProjectAsync(
        string project, Contracts.Quotas request, WarrenDb db, Caller caller, QuotaCheck quotas, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await ProjectsApi.FindAsync(project, db, caller, cancellation);
        await SetAsync(row.Id, request, db, clock, cancellation);
        return await ShowAsync(row, quotas, cancellation);
    }

    private static async Task<Ok<QuotaStanding>> ShowAsync(UserRow user, QuotaCheck quotas, CancellationToken cancellation)
        => TypedResults.Ok(await quotas.StandingAsync(QuotaScope.User, user.Id, user.Name, null, cancellation));

    private static async Task<Ok<QuotaStanding>> ShowAsync(ProjectRow project, QuotaCheck quotas, CancellationToken cancellation)
        => TypedResults.Ok(await quotas.StandingAsync(QuotaScope.Project, project.Id, project.Name, null, cancellation));

    private static async Task SetAsync(string id, Contracts.Quotas request, WarrenDb db, TimeProvider clock, CancellationToken cancellation)
    {
        var check = new Check();
        foreach (var field in QuotaField.All) check.That(QuotaOptions.IsLimit(field.Limit(request)), field.Name, $"-1 (no limit) or 0 to {QuotaOptions.Largest}");
        check.Throw();
        await db.TransactAsync(async () =>
        {
            // Whoever is being let have something has been, or counts by this.
            await db.LockEventsAsync(cancellation);
            await db.Quotas.Where(q => q.Id == id).ExecuteDeleteAsync(cancellation);
            if (request != new Contracts.Quotas()) db.Quotas.Add(new QuotaRow { Id = id, LimitsJson = "", Limits = request, UpdatedAt = clock.GetUtcNow() });
            return await db.SaveChangesAsync(cancellation);
        }, cancellation);
    }
}
