using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Keys;

/// <summary>Routes under /keys.</summary>
internal static class KeysApi
{
    private const int LongestPublicKey = 16 * 1024;

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/keys").WithTags("keys");
        group.MapGet("/", ListAsync).WithName("listKeys").WithSummary("SSH keys, oldest first");
        group.MapGet("/{key}", GetAsync).WithName("getKey").ProducesProblem(404).WithSummary("One key's public part");
        group.MapPost("/", CreateAsync).WithName("createKey").ProducesProblem(400).ProducesProblem(409).WithMetadata(NoReplay.Instance)
            .WithSummary("Make a pair (its private part is sent once, here, and not kept) or store a public key");
        group.MapDelete("/{key}", DeleteAsync).WithName("deleteKey").ProducesProblem(404).ProducesProblem(409).WithSummary("Forget a key; machines keep it. By name only one's own");
    }

    private static async Task<Ok<Page<SshKey>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var owners = await db.Users.AsNoTracking().ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        return TypedResults.Ok(await Paging.PageAsync(
            caller.Visible(db.Keys.AsNoTracking()), k => k.Id, newestFirst: false, limit, after, k => k.ToContract(owners[k.OwnerId]), cancellation));
    }

    private static async Task<Ok<SshKey>> GetAsync(string key, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var row = await FindAsync(key, db, caller, cancellation);
        return TypedResults.Ok(row.ToContract(await db.Users.Where(u => u.Id == row.OwnerId).Select(u => u.Name).SingleAsync(cancellation)));
    }

    private static async Task<Created<CreatedKey>> CreateAsync(
        CreateKeyRequest request, WarrenDb db, Caller caller, KeyMaker maker, TimeProvider clock, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsLabel(request.Name), "name", Names.LabelRule);
        check.That(request.PublicKey is null || IsOneLine(request.PublicKey), "publicKey", $"one line of at most {LongestPublicKey} characters");
        check.Throw();
        var (user, project) = (caller.UserId, caller.ProjectId);
        if (await db.Keys.AnyAsync(k => k.ProjectId == project && k.OwnerId == user && k.Name == request.Name, cancellation))
            throw new RefusedException(Problems.NameTaken(request.Name));
        var (publicKey, privateKey) = request.PublicKey is { } given ? (given.Trim(), null) : await maker.MakeAsync(request.Name, request.Algorithm, cancellation);
        var row = new KeyRow
        {
            Id = Ids.New(clock),
            Name = request.Name,
            OwnerId = user,
            ProjectId = caller.ProjectId,
            Algorithm = publicKey.Split(' ')[0],
            PublicKey = publicKey,
            Fingerprint = await maker.FingerprintAsync(publicKey, cancellation),
            CreatedAt = clock.GetUtcNow(),
        };
        db.Keys.Add(row);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.Created($"/api/v1/keys/{row.Id}", new CreatedKey { Key = row.ToContract(caller.UserName), PrivateKey = privateKey });
    }

    private static async Task<NoContent> DeleteAsync(string key, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var row = await FindAsync(key, db, caller, cancellation);
        // A name says little of whose it is; only where there is one of it is it an administrator's to name.
        if (row.Id != key && row.OwnerId != caller.UserId && !(caller.IsAdministrator && await db.Keys.CountAsync(k => k.Name == key, cancellation) == 1))
            throw new RefusedException(Problems.Conflict($"The key '{key}' is somebody else's; name it by its id, {row.Id}."));
        db.Keys.Remove(row);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.NoContent();
    }

    /// <summary>By id, else by name: one's own before others', and the current project's before another's.</summary>
    private static async Task<KeyRow> FindAsync(string key, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var (user, project) = (caller.UserId, caller.ProjectId);
        return caller.Saw(await caller.Visible(db.Keys).Where(k => k.Id == key || k.Name == key)
                .OrderBy(k => k.Id == key ? 0 : 1).ThenBy(k => k.OwnerId == user ? 0 : 1).ThenBy(k => k.ProjectId == project ? 0 : 1).ThenBy(k => k.Id).FirstOrDefaultAsync(cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no key '{key}'.")));
    }

    private static bool IsOneLine(string text) => text.Length <= LongestPublicKey && text.Trim() is { Length: > 0 } line && !line.Any(char.IsControl);
}
