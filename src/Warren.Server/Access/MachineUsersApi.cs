using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>Routes under /machines/{machine}/users: whom one machine is shared with.</summary>
internal static class MachineUsersApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}").WithTags("machines");
        group.MapGet("/users", ListAsync).WithName("listMachineUsers").ProducesProblem(403).ProducesProblem(404).WithSummary("Whom the machine is shared with, by name");
        group.MapPut("/users/{user}", SetAsync).WithName("shareMachine").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Let a user look at the machine or use it, whatever project they are in; for who may change it");
        group.MapDelete("/users/{user}", RemoveAsync).WithName("unshareMachine").WithMetadata(Needs.Account).ProducesProblem(403).ProducesProblem(404)
            .WithSummary("Share it with a user no more: what they have open of it ends at once; for who may change it, and for oneself");
    }

    private static async Task<Ok<Page<MachineUser>>> ListAsync(string machine, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var users = await (from u in db.MachineUsers
                           where u.MachineId == row.Id
                           join who in db.Users on u.UserId equals who.Id
                           join sharer in db.Users on u.SharedBy equals sharer.Id
                           orderby who.Name
                           select new MachineUser(who.Name, who.Kind, u.Role, sharer.Name, u.CreatedAt)).ToListAsync(cancellation);
        return TypedResults.Ok(new Page<MachineUser>(users));
    }

    private static async Task<Ok<MachineUser>> SetAsync(
        string machine, string user, SetMachineUserRequest request, WarrenDb db, Caller caller, Accounts accounts, TimeProvider clock, CancellationToken cancellation)
    {
        if (request.Role == ProjectRole.Administrator) throw new RefusedException(Problems.Validation("role", "member or viewer"));
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        if (row.Devices.NetworkMode == MachineNetworkMode.Lan && !caller.IsAdministrator)
            throw new RefusedException(Problems.Forbidden($"'{row.Name}' reaches this server's own network (lan); only administrators let others use that."));
        if (row.PoolPlace is not (null or PoolPlace.Lent)) throw new RefusedException(Problems.IllegalState($"'{row.Name}' is kept by its pool for whoever claims it; claim it first."));
        if (row.State == MachineState.Deleting) throw new RefusedException(Problems.IllegalState($"'{row.Name}' is being deleted."));
        var who = await accounts.FindAsync(user, cancellation);
        if (who.Id == caller.UserId) throw new RefusedException(Problems.Validation("user", "somebody else"));
        return TypedResults.Ok(await db.TransactAsync(async () =>
        {
            // Taken before it is read: whoever deletes the machine comes first or last.
            await db.LockEventsAsync(cancellation);
            var found = await db.MachineUsers.SingleOrDefaultAsync(u => u.MachineId == row.Id && u.UserId == who.Id, cancellation);
            if (found is null)
                db.MachineUsers.Add(found = new MachineUserRow { MachineId = row.Id, UserId = who.Id, ProjectId = row.ProjectId, Role = request.Role, SharedBy = caller.UserId, CreatedAt = clock.GetUtcNow() });
            else found.Role = request.Role;
            if (!await db.Machines.AnyAsync(m => m.Id == row.Id, cancellation)) throw new RefusedException(Problems.NotFound($"There is no machine '{machine}'."));
            await db.SaveChangesAsync(cancellation);
            var by = await db.Users.Where(u => u.Id == found.SharedBy).Select(u => u.Name).SingleAsync(cancellation);
            return new MachineUser(who.Name, who.Kind, found.Role, by, found.CreatedAt);
        }, cancellation));
    }

    private static async Task<NoContent> RemoveAsync(string machine, string user, WarrenDb db, Caller caller, Accounts accounts, HttpContext http, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var leaves = user == caller.UserId || user == caller.UserName;
        if (!leaves && (caller.Shared is not null || !caller.MayChange))
            throw new RefusedException(Problems.Forbidden($"Only who may change '{row.Name}' in its project says whom it is shared with."));
        var who = await accounts.FindAsync(user, cancellation);
        var found = await db.MachineUsers.SingleOrDefaultAsync(u => u.MachineId == row.Id && u.UserId == who.Id, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"'{row.Name}' is not shared with '{who.Name}'."));
        if (leaves) AuditDraft.Of(http)?.Is("machine.leave");
        db.MachineUsers.Remove(found);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.NoContent();
    }
}
