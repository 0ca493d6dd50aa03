using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>The answer to one POST that carried an Idempotency-Key; written in the transaction of the change itself.</summary>
internal sealed class IdempotencyRow
{
    public required string UserId { get; set; }
    public required string Key { get; set; }
    public required string RequestHash { get; set; }
    public int Status { get; set; }
    public string? Location { get; set; }
    public string? Body { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A result that can be kept and given again.</summary>
internal interface IReplayable : IResult
{
    int Status { get; }
    string? Location { get; }
    object Body { get; }
}

/// <summary>A body that a route reads by itself.</summary>
internal interface IBody
{
    /// <summary>What was read.</summary>
    string Text { get; }
}

/// <summary>Marks routes whose answer holds a secret: it is never kept, so a repeat is refused instead of replayed.</summary>
internal sealed class NoReplay
{
    public static readonly NoReplay Instance = new();
}

/// <summary>Marks routes that may be repeated without harm, or that read a long body: no answer is kept.</summary>
internal sealed class Repeatable
{
    public static readonly Repeatable Instance = new();
}

/// <summary>Makes a POST with an Idempotency-Key happen once: a repeat gets the first answer again.</summary>
internal sealed class IdempotencyFilter : IEndpointFilter
{
    public const string Header = "Idempotency-Key";
    public const int LongestKey = 200;

    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Request.Headers[Header].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(http.Request.Method) || http.User.Identity?.IsAuthenticated != true
            || http.GetEndpoint()?.Metadata.GetMetadata<Repeatable>() is not null)
            return await next(context);

        if (key.Length > LongestKey) throw new RefusedException(Problems.Validation(Header, $"1 to {LongestKey} characters"));
        var services = http.RequestServices;
        var (db, caller, clock) = (services.GetRequiredService<WarrenDb>(), services.GetRequiredService<Caller>(), services.GetRequiredService<TimeProvider>());
        var hash = HashOf(http, context);
        if (await FindAsync(db, caller.UserId, key, http.RequestAborted) is { } known) return Replay(known, hash);
        var secret = http.GetEndpoint()?.Metadata.GetMetadata<NoReplay>() is not null;
        async Task<object?> HandleAsync()
        {
            var result = await next(context);
            db.Idempotency.Add(RowOf(caller.UserId, key, hash, result, secret, clock));
            await db.SaveChangesAsync(http.RequestAborted);
            return result;
        }

        try
        {
            // Routes that answer with a secret may run tools meanwhile, which no transaction should wait for; they refuse
            // a repeat by themselves, by name.
            return secret ? await HandleAsync() : await db.TransactAsync(HandleAsync, http.RequestAborted);
        }
        catch (Exception e) when (e is RefusedException || (e is DbUpdateException update && ProblemWriter.IsUniqueViolation(update)))
        {
            // Two at once: the other one won, and so its name is taken. This one's transaction is gone with all it did.
            db.ChangeTracker.Clear();
            if (await FindAsync(db, caller.UserId, key, http.RequestAborted) is { } winner) return Replay(winner, hash);
            throw;
        }
    }

    private static Task<IdempotencyRow?> FindAsync(WarrenDb db, string user, string key, CancellationToken cancellation)
        => db.Idempotency.AsNoTracking().SingleOrDefaultAsync(i => i.UserId == user && i.Key == key, cancellation);

    private static string HashOf(HttpContext http, EndpointFilterInvocationContext context)
    {
        // The bound body, not its bytes: it is what the handler acts on.
        var bodies = context.Arguments.Where(a => a?.GetType().Namespace == typeof(Problem).Namespace)
            .Select(a => JsonSerializer.Serialize(a, a!.GetType(), WarrenJson.Options));
        var own = context.Arguments.OfType<IBody>().Select(b => b.Text);
        var text = string.Join('\n', [http.Request.Path.Value + http.Request.QueryString.Value, .. bodies, .. own]);
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    private static IdempotencyRow RowOf(string user, string key, string hash, object? result, bool secret, TimeProvider clock)
    {
        var (status, location, body) = result switch
        {
            IReplayable replayable => (replayable.Status, replayable.Location, replayable.Body),
            IStatusCodeHttpResult plain => (plain.StatusCode ?? 200, (string?)null, (result as IValueHttpResult)?.Value),
            _ => (200, null, result),
        };
        return new IdempotencyRow
        {
            UserId = user,
            Key = key,
            RequestHash = hash,
            Status = secret ? 0 : status,
            Location = location,
            Body = secret || body is null ? null : JsonSerializer.Serialize(body, body.GetType(), WarrenJson.Options),
            CreatedAt = clock.GetUtcNow(),
        };
    }

    private static ReplayedResult Replay(IdempotencyRow row, string hash)
    {
        if (row.RequestHash != hash)
            throw new RefusedException(Problems.Of("idempotency-mismatch", 422, "The key was used for another request", $"{Header}: use a new key for a new request"));
        if (row.Status == 0)
            throw new RefusedException(Problems.Conflict("That request was carried out; its answer held a secret and is not sent twice."));
        return new ReplayedResult(row);
    }

    private sealed class ReplayedResult(IdempotencyRow row) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = row.Status;
            httpContext.Response.Headers["Idempotency-Replayed"] = "true";
            if (row.Location is not null) httpContext.Response.Headers.Location = row.Location;
            if (row.Body is null) return Task.CompletedTask;
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            return httpContext.Response.WriteAsync(row.Body, httpContext.RequestAborted);
        }
    }
}
