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
        group.MapGet("/", ListAsync).WithName("listKeys").WithSummary("SSH keys, by name");
        group.MapGet("/{key}", GetAsync).WithName("getKey").ProducesProblem(404).WithSummary("One key's public part");
        group.MapPost("/", CreateAsync).WithName("createKey").ProducesProblem(400).ProducesProblem(409).WithMetadata(NoReplay.Instance)
            .WithSummary("Make a pair (its private part is sent once, here, and not kept) or store a public key");
        group.MapDelete("/{key}", DeleteAsync).WithName("deleteKey").ProducesProblem(404).WithSummary("Forget a key; machines keep it");
    }

    private static async Task<Ok<Page<SshKey>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var owners = await db.Users.AsNoTracking().ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        return TypedResults.Ok(await Paging.PageAsync(
            caller.Visible(db.Keys.AsNoTracking()), k => k.Name, newestFirst: false, limit, after, k => k.ToContract(owners[k.OwnerId]), cancellation));
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
        var user = caller.UserId;
        if (await db.Keys.AnyAsync(k => k.OwnerId == user && k.Name == request.Name, cancellation))
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
        db.Keys.Remove(await FindAsync(key, db, caller, cancellation));
        await db.SaveChangesAsync(cancellation);
        return TypedResults.NoContent();
    }

    private static Task<KeyRow> FindAsync(string key, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.FindAsync(db.Keys, k => k.Id == key || k.Name == key, $"key '{key}'", cancellation);

    private static bool IsOneLine(string text) => text.Length <= LongestPublicKey && text.Trim() is { Length: > 0 } line && !line.Any(char.IsControl);
}
