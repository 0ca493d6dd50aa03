using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Images.Uploads;

/// <summary>Routes under /uploads: the tus protocol 1.0 (tus.io), with a list for people and problems for refusals.</summary>
internal static class UploadsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var plain = api.MapGroup("/uploads").WithTags("images");
        plain.MapGet("/", ListAsync).WithName("listUploads").WithSummary("Your uploads of the last day in this project, newest first");
        var tus = plain.MapGroup("").AddEndpointFilter(SpeakAsync).WithMetadata(Repeatable.Instance);
        tus.MapMethods("/", [HttpMethods.Options], Options).WithName("getUploadOptions").WithMetadata(Needs.Look).WithSummary("What of the tus protocol is spoken");
        tus.MapPost("/", BeginAsync).WithName("createUpload").WithMetadata(LongRequest.Instance, Creates.Instance).Produces(201).ProducesProblem(400).ProducesProblem(403).ProducesProblem(409).ProducesProblem(413).ProducesProblem(429).ProducesProblem(507)
            .WithSummary("Begin to send a file that becomes an image; what it is, is in the headers of the tus protocol");
        tus.MapMethods("/{id}", [HttpMethods.Head], LookAsync).WithName("getUploadOffset").Produces(200).ProducesProblem(404).WithSummary("How much of a file is here");
        tus.MapPatch("/{id}", AppendAsync).WithName("appendToUpload").WithMetadata(LongRequest.Instance).Accepts<Stream>(Tus.ContentType).Produces(204).ProducesProblem(404).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415)
            .ProducesProblem(507).WithSummary("Send the next piece; with the last one the import begins");
        tus.MapDelete("/{id}", DeleteAsync).WithName("deleteUpload").ProducesProblem(404).WithSummary("Give an upload up");
    }

    private static async ValueTask<object?> SpeakAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var (request, response) = (context.HttpContext.Request, context.HttpContext.Response);
        // Also with a refusal, for which all headers are made anew.
        response.OnStarting(() =>
        {
            response.Headers[Tus.Resumable] = Tus.Version;
            if (response.StatusCode == 412) response.Headers["Tus-Version"] = Tus.Version;
            return Task.CompletedTask;
        });
        if (!HttpMethods.IsOptions(request.Method) && request.Headers[Tus.Resumable] != Tus.Version)
            throw new RefusedException(Problems.Of("tus-version", 412, "Another version of the tus protocol", $"{Tus.Resumable}: must be {Tus.Version}"));

        return await next(context);
    }

    private static async Task<Ok<Page<Upload>>> ListAsync(WarrenDb db, Caller caller, ImageStore store, int? limit, string? after, CancellationToken cancellation)
    {
        var (user, project) = (caller.UserId, caller.ProjectId);
        var (page, next) = await Paging.RowsAsync(db.Uploads.AsNoTracking().Where(u => u.OwnerId == user && u.ProjectId == project), u => u.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Upload>([.. page.Select(u => u.View(store))], next));
    }

    private static NoContent Options(HttpContext http, ImageOptions options)
    {
        http.Response.Headers["Tus-Version"] = Tus.Version;
        http.Response.Headers["Tus-Extension"] = TusHeaders.Extensions;
        http.Response.Headers["Tus-Max-Size"] = options.MaximumBytes.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return TypedResults.NoContent();
    }

    private static async Task BeginAsync(HttpContext http, UploadCommands commands, UploadTurns turns, CancellationToken cancellation)
    {
        var request = TusHeaders.Request(http.Request);
        var isPiece = http.Request.ContentType is not null;
        if (isPiece) DemandPiece(http.Request);
        var row = await commands.BeginAsync(request, cancellation);
        http.Response.Headers.Location = $"/api/v1/uploads/{row.Id}";
        var offset = 0L;
        if (isPiece)
        {
            using var turn = await turns.TakeAsync(row.Id, cancellation);
            offset = await ReceiveAsync(http, row, 0, commands, turn);
        }

        TusHeaders.Send(http.Response, row, offset);
        http.Response.StatusCode = 201;
    }

    private static async Task LookAsync(string id, HttpContext http, WarrenDb db, Caller caller, ImageStore store, UploadTurns turns, CancellationToken cancellation)
    {
        // Whoever asks is about to go on: an answer that a forgotten request could still make wrong would be none.
        await FindAsync(id, db, caller, cancellation);
        using var turn = await turns.TakeAsync(id, cancellation);
        var row = await FindAsync(id, db, caller, cancellation);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers[Tus.Length] = row.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        TusHeaders.Send(http.Response, row, row.Offset(store));
    }

    private static async Task AppendAsync(string id, HttpContext http, WarrenDb db, Caller caller, ImageStore store, UploadCommands commands, UploadTurns turns, CancellationToken cancellation)
    {
        await FindAsync(id, db, caller, cancellation);
        DemandPiece(http.Request);
        var offset = TusHeaders.Number(http.Request, Tus.Offset);
        using var turn = await turns.TakeAsync(id, cancellation);
        db.ChangeTracker.Clear();
        var row = await FindAsync(id, db, caller, cancellation);
        if (row.Offset(store) is var here && here != offset) throw new RefusedException(Problems.Conflict($"{Tus.Offset}: {here} bytes are here, not {offset}"));

        var received = row.OperationId is null ? await ReceiveAsync(http, row, offset, commands, turn) : offset;
        TusHeaders.Send(http.Response, row, received);
        http.Response.StatusCode = 204;
    }

    private static async Task<NoContent> DeleteAsync(string id, WarrenDb db, Caller caller, UploadCommands commands, UploadTurns turns, CancellationToken cancellation)
    {
        await FindAsync(id, db, caller, cancellation);
        using var turn = await turns.TakeAsync(id, cancellation);
        db.ChangeTracker.Clear();
        await commands.DeleteAsync(await FindAsync(id, db, caller, cancellation), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<long> ReceiveAsync(HttpContext http, UploadRow row, long offset, UploadCommands commands, UploadTurns.Turn turn)
    {
        // The general limit is for JSON; a piece has that of the whole.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        try
        {
            return await commands.AppendAsync(row, offset, http.Request.Body, http.Request.ContentLength, turn);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            throw new RefusedException(Problems.Conflict("Another request goes on with this upload."));
        }
    }

    private static void DemandPiece(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals(Tus.ContentType, StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(Problems.Of("unsupported-media-type", 415, "Not the type of a piece", $"Content-Type: must be {Tus.ContentType}"));
    }

    /// <summary>An upload is its sender's alone, whoever may see the image later, and in the project in which it was begun.</summary>
    private static async Task<UploadRow> FindAsync(string id, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var (user, project) = (caller.UserId, caller.ProjectId);
        return caller.Saw(await db.Uploads.FirstOrDefaultAsync(u => u.Id == id && u.OwnerId == user && u.ProjectId == project, cancellation) ?? throw new RefusedException(Problems.NotFound($"There is no upload '{id}'.")));
    }
}
