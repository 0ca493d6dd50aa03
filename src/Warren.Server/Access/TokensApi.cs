using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Routes under /tokens: the caller's own bearer tokens.</summary>
internal static class TokensApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/tokens").WithTags("access").WithMetadata(Needs.Account);
        group.MapGet("/", ListAsync).WithName("listTokens").WithSummary("Your tokens, without their secrets");
        group.MapPost("/", CreateAsync).WithName("createToken").ProducesProblem(400).ProducesProblem(429).WithMetadata(NoReplay.Instance, Creates.Instance)
            .WithSummary("A new token; its secret is sent once, here");
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteToken").ProducesProblem(404).WithSummary("End a token; what is open by it closes at once");
    }

    private static async Task<Ok<Page<ApiToken>>> ListAsync(Tokens tokens, Caller caller, CancellationToken cancellation)
        => TypedResults.Ok(await tokens.ListAsync(caller.UserId, cancellation));

    private static async Task<Created<CreatedToken>> CreateAsync(CreateTokenRequest request, WarrenDb db, Caller caller, Tokens tokens, CancellationToken cancellation)
    {
        var id = caller.UserId;
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == id, cancellation);
        return TypedResults.Created((string?)null, await tokens.CreateAsync(user, caller.ProjectId, request, cancellation));
    }

    private static async Task<NoContent> DeleteAsync(string id, Caller caller, Tokens tokens, CancellationToken cancellation)
    {
        await tokens.DeleteAsync(id, caller.UserId, cancellation);
        return TypedResults.NoContent();
    }
}
