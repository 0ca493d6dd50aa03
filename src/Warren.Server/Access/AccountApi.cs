using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes under /account: what one sets for oneself.</summary>
internal static class AccountApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/account").WithTags("access").WithMetadata(Needs.Account);
        group.MapGet("/", GetAsync).WithName("getAccount").WithSummary("Your account");
        group.MapPut("/password", PasswordAsync).WithName("changePassword").WithMetadata(Needs.Person).ProducesProblem(400).ProducesProblem(409).ProducesProblem(429)
            .WithSummary("Set your password; your other sessions end");
        group.MapPost("/second-factor", BeginAsync).WithName("beginSecondFactor").WithMetadata(NoReplay.Instance, Needs.Person).ProducesProblem(400).ProducesProblem(409).ProducesProblem(429)
            .WithSummary("A secret for an authenticator; it counts once a code of it was confirmed");
        group.MapPost("/second-factor/confirm", ConfirmAsync).WithName("confirmSecondFactor").WithMetadata(Repeatable.Instance, Needs.Person).ProducesProblem(400).ProducesProblem(409).ProducesProblem(429)
            .WithSummary("Ask for codes from now on; answers with ten recovery codes, once");
        group.MapPost("/second-factor/remove", RemoveAsync).WithName("removeSecondFactor").WithMetadata(Repeatable.Instance, Needs.Person).ProducesProblem(400).ProducesProblem(409).ProducesProblem(429)
            .WithSummary("Ask for no codes any more; takes one last code");
    }

    private static async Task<Ok<Account>> GetAsync(WarrenDb db, Caller caller, TimeProvider clock, CancellationToken cancellation)
    {
        var user = await FindAsync(db, caller, cancellation);
        var codes = await db.RecoveryCodes.CountAsync(c => c.UserId == user.Id, cancellation);
        return TypedResults.Ok(new Account(Accounts.View(user), user.PasswordHash is not null, codes, await NeedsCurrentAsync(user, db, caller, clock, cancellation)));
    }

    private static async Task<NoContent> PasswordAsync(
        ChangePasswordRequest request, WarrenDb db, Caller caller, Passwords passwords, Lockout lockout, Sessions sessions, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var user = await FindAsync(db, caller, cancellation);
        if (user.Kind != UserKind.Person) throw new RefusedException(Problems.IllegalState("A service account has no password."));
        var check = new Check();
        Passwords.Check(check, "password", request.Password, user.Name);
        check.Throw();
        if (await NeedsCurrentAsync(user, db, caller, clock, cancellation)) await DemandCurrentAsync(user, request.Current, passwords, lockout, http, cancellation);

        var (hash, mine) = (passwords.Hash(request.Password), Credentials.Of(caller.Credential, "session"));
        await db.TransactAsync(async () =>
        {
            await db.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(s => s.SetProperty(u => u.PasswordHash, hash), cancellation);
            await db.LoginLinks.Where(l => l.UserId == user.Id).ExecuteDeleteAsync(cancellation);
            // From now on this session is one of the password.
            await db.Sessions.Where(s => s.Handle == mine).ExecuteUpdateAsync(s => s.SetProperty(r => r.BegunBy, SessionBegin.Password), cancellation);
            return await sessions.EndAsync(db.Sessions.Where(s => s.UserId == user.Id && s.Handle != mine), cancellation);
        }, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Created<SecondFactorSecret>> BeginAsync(
        BeginSecondFactorRequest request, WarrenDb db, Caller caller, SecondFactors seconds, Passwords passwords, Lockout lockout, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var user = await FindAsync(db, caller, cancellation);
        if (user.Kind != UserKind.Person) throw new RefusedException(Problems.IllegalState("A service account does not log in."));
        if (await NeedsCurrentAsync(user, db, caller, clock, cancellation)) await DemandCurrentAsync(user, request.Current, passwords, lockout, http, cancellation);
        return TypedResults.Created((string?)null, await seconds.BeginAsync(user, cancellation));
    }

    private static async Task<Ok<RecoveryCodes>> ConfirmAsync(CodeRequest request, WarrenDb db, Caller caller, SecondFactors seconds, Lockout lockout, CancellationToken cancellation)
    {
        var user = await FindAsync(db, caller, cancellation);
        await lockout.BeginAsync([Lockout.SecondFactor(user.Id)], cancellation);
        var codes = await seconds.ConfirmAsync(user, request.Code, cancellation);
        await lockout.SucceedAsync(Lockout.SecondFactor(user.Id), [], cancellation);
        return TypedResults.Ok(codes);
    }

    private static async Task<NoContent> RemoveAsync(CodeRequest request, WarrenDb db, Caller caller, SecondFactors seconds, Lockout lockout, CancellationToken cancellation)
    {
        var user = await FindAsync(db, caller, cancellation);
        if (user.SecondFactor is null) throw new RefusedException(Problems.IllegalState("There is no second factor."));
        await lockout.BeginAsync([Lockout.SecondFactor(user.Id)], cancellation);
        if (!await seconds.UseAsync(user, request.Code, cancellation)) throw SecondFactors.Refused();
        await seconds.RemoveAsync(user.Id, cancellation);
        await lockout.SucceedAsync(Lockout.SecondFactor(user.Id), [], cancellation);
        return TypedResults.NoContent();
    }

    internal static Task<UserRow> FindAsync(WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var id = caller.UserId;
        return db.Users.AsNoTracking().SingleAsync(u => u.Id == id, cancellation);
    }

    /// <summary>A session that was left open is no way to try passwords out.</summary>
    internal static async Task DemandCurrentAsync(UserRow user, string? current, Passwords passwords, Lockout lockout, HttpContext http, CancellationToken cancellation)
    {
        var (byName, byAddress) = (Lockout.Name(user.Name), Lockout.Address(http.AddressBlock()));
        await lockout.BeginAsync([byAddress, byName], cancellation);
        if (!passwords.Matches(user, current ?? "")) throw new RefusedException(Problems.Validation("current", "the present password"));
        await lockout.SucceedAsync(byName, [byAddress], cancellation);
    }

    /// <summary>Whoever came by a one-time link of somebody else a moment ago may have forgotten it: that is what the link is for.</summary>
    internal static async Task<bool> NeedsCurrentAsync(UserRow user, WarrenDb db, Caller caller, TimeProvider clock, CancellationToken cancellation)
    {
        if (user.PasswordHash is null) return false;
        var (mine, since) = (Credentials.Of(caller.Credential, "session"), clock.GetUtcNow() - LoginLinks.Life);
        return !await db.Sessions.AnyAsync(s => s.Handle == mine && s.BegunBy == SessionBegin.Link && s.CreatedAt > since, cancellation);
    }
}
