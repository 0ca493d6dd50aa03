using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes under /tokens: the caller's own bearer tokens.</summary>
internal static class TokensApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/tokens").WithTags("access");
        group.MapGet("/", ListAsync).WithName("listTokens").WithSummary("Your tokens, without their secrets");
        group.MapPost("/", CreateAsync).WithName("createToken").ProducesProblem(400).WithMetadata(NoReplay.Instance)
            .WithSummary("A new token; its secret is sent once, here");
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteToken").ProducesProblem(404).WithSummary("End a token");
    }

    private static async Task<Ok<Page<ApiToken>>> ListAsync(WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var user = caller.UserId;
        var rows = await db.Tokens.AsNoTracking().Where(t => t.UserId == user).OrderByDescending(t => t.Id).ToListAsync(cancellation);
        return TypedResults.Ok(new Page<ApiToken>([.. rows.Select(View)]));
    }

    private static async Task<Created<CreatedToken>> CreateAsync(
        CreateTokenRequest request, WarrenDb db, Caller caller, TimeProvider clock, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.Name.Trim().Length is >= 1 and <= 100, "name", "1 to 100 characters");
        check.That(request.Days is null or (>= 1 and <= 365), "days", "1 to 365");
        check.Throw();
        var secret = Secrets.TokenPrefix + Secrets.New();
        var now = clock.GetUtcNow();
        var row = new TokenRow
        {
            Id = Ids.New(clock),
            Hash = Secrets.Hash(secret),
            Name = request.Name.Trim(),
            UserId = caller.UserId,
            ProjectId = caller.ProjectId,
            CreatedAt = now,
            ExpiresAt = request.Days is { } days ? now.AddDays(days) : null,
        };
        db.Tokens.Add(row);
        await db.SaveChangesAsync(cancellation);
        return TypedResults.Created((string?)null, new CreatedToken(View(row), secret));
    }

    private static async Task<NoContent> DeleteAsync(string id, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var user = caller.UserId;
        if (await db.Tokens.Where(t => t.Id == id && t.UserId == user).ExecuteDeleteAsync(cancellation) == 0)
            throw new RefusedException(Problems.NotFound($"There is no token '{id}'."));
        return TypedResults.NoContent();
    }

    private static ApiToken View(TokenRow row) => new(row.Id, row.Name, row.CreatedAt, row.LastUsedAt, row.ExpiresAt);
}
