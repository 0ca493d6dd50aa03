using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>The one place where refusals and failures become HTTP (RFC 9457).</summary>
internal static class ProblemWriter
{
    public static async Task WriteAsync(HttpContext http, Problem problem)
    {
        if (http.Response.HasStarted) return;
        // For the audit trail.
        http.Features.Set(problem);
        http.Response.StatusCode = problem.Status == 0 ? 500 : problem.Status;
        if (problem.RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await http.Response.WriteAsJsonAsync(problem, WarrenJson.Options, "application/problem+json", http.RequestAborted);
    }

    /// <summary>Handler for everything that was thrown.</summary>
    public static async Task HandleAsync(HttpContext http)
    {
        var error = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        await WriteAsync(http, error switch
        {
            RefusedException refused => refused.Problem,
            BadHttpRequestException bad => Unreadable(bad),
            Hypervisors.HypervisorException e => Problems.From(e) with { Status = StatusOf(e.Kind) },
            DbUpdateConcurrencyException => Problems.Conflict("It was changed by somebody else meanwhile; read it again and retry."),
            DbUpdateException e when IsUniqueViolation(e) => Problems.Conflict("Something of that name, or an operation on it, exists already."),
            { } e when IsUnstorable(e) => Problems.Of("validation", 400, "A text cannot be stored", "It holds a NUL character (U+0000)."),
            { } e when IsNoSpace(e) => Problems.NoSpace(),
            _ => Problems.Internal(),
        });
    }

    /// <summary>Whether an exception is an answer to the caller and nothing for the server's log.</summary>
    public static bool IsExpected(Exception e) => e is RefusedException or BadHttpRequestException or Hypervisors.HypervisorException or DbUpdateConcurrencyException
        || (e is DbUpdateException update && IsUniqueViolation(update)) || IsUnstorable(e);

    private static int StatusOf(Hypervisors.HypervisorErrorKind kind) => kind switch
    {
        Hypervisors.HypervisorErrorKind.NotFound => 404,
        Hypervisors.HypervisorErrorKind.Busy => 409,
        Hypervisors.HypervisorErrorKind.Rejected or Hypervisors.HypervisorErrorKind.Unsupported => 422,
        _ => 502,
    };

    /// <summary>For status codes that were set without a body (unknown route, wrong method).</summary>
    public static Task HandleBareStatusAsync(Microsoft.AspNetCore.Diagnostics.StatusCodeContext context) => WriteAsync(context.HttpContext,
        context.HttpContext.Response.StatusCode switch
        {
            404 => Problems.NotFound("There is no such route."),
            405 => Problems.Of("method-not-allowed", 405, "This route does not take that method"),
            413 => TooLarge(),
            415 => Problems.Of("unsupported-media-type", 415, "Send application/json"),
            var status => Problems.Of("http", status, $"HTTP {status}"),
        });

    public static bool IsUniqueViolation(DbUpdateException e) => IsUniqueViolation(e.InnerException);

    /// <summary>The same, as the database itself says it.</summary>
    public static bool IsUniqueViolation(Exception? e) => e switch
    {
        Microsoft.Data.Sqlite.SqliteException sqlite => sqlite.SqliteExtendedErrorCode is 2067 or 1555, // UNIQUE, PRIMARYKEY
        Npgsql.PostgresException postgres => postgres.SqlState == Npgsql.PostgresErrorCodes.UniqueViolation,
        _ => false,
    };

    /// <summary>PostgreSQL takes no NUL in a text, wherever it came from; SQLite takes it.</summary>
    private static bool IsUnstorable(Exception e) => e switch
    {
        Npgsql.PostgresException postgres => postgres.SqlState == Npgsql.PostgresErrorCodes.CharacterNotInRepertoire,
        { InnerException: { } inner } => IsUnstorable(inner),
        _ => false,
    };

    /// <summary>The disk of the database, or of the data folder, is full.</summary>
    public static bool IsNoSpace(Exception e) => e switch
    {
        DbUpdateException { InnerException: { } inner } => IsNoSpace(inner),
        // FULL, and IOERR_SHMSIZE: no room for the index of the write-ahead log.
        Microsoft.Data.Sqlite.SqliteException sqlite => sqlite.SqliteErrorCode == 13 || sqlite.SqliteExtendedErrorCode == 4874,
        Npgsql.PostgresException postgres => postgres.SqlState == Npgsql.PostgresErrorCodes.DiskFull,
        IOException io => (io.HResult & 0xFFFF) == 28, // ENOSPC
        _ => false,
    };

    private static Problem TooLarge() => Problems.Of("too-large", 413, "The body is too large");

    private static Problem Unreadable(BadHttpRequestException e)
    {
        if (e.StatusCode == 413) return TooLarge();
        if (e.InnerException is System.Text.Json.JsonException json) return JsonFault.Of(json);
        return Problems.Of("validation", e.StatusCode, "The request cannot be read", e.Message);
    }
}
