using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Audit;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Consoles.Recordings;

/// <summary>Routes under /recordings.</summary>
internal static class RecordingsApi
{
    private const string AtRule = "seconds from the start, 0 or more";

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/recordings").WithTags("recordings");
        group.MapGet("/", ListAsync).WithName("listRecordings").WithSummary("Recordings of screens, newest first; machine is a machine's id or name, and may be gone");
        group.MapGet("/{recording}", GetAsync).WithName("getRecording").ProducesProblem(404).WithSummary("One recording");
        group.MapDelete("/{recording}", DeleteAsync).WithName("deleteRecording").Produces(204).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Delete a recording that is over");
        group.MapGet("/{recording}/screen", ScreenAsync).WithName("playRecording").WithMetadata(Needs.Look).Produces(101).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("WebSocket that plays it as RFB (RFC 6143) to any viewer")
            .WithDescription("Begins at the second `at`, `speed` times as fast (0.25 to 64), or standing still (`paused`). A client that offers the WebSocket subprotocol warren.screen also gets text messages, a PlayerState each, and may send such of PlayerCommand.");
        group.MapGet("/{recording}/screen.png", PictureAsync).WithName("getRecordedPicture").Produces<byte[]>(200, "image/png").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("What the screen showed at a second; the header Warren-Screen has its real size as 1024x768");
        group.MapGet("/{recording}/export", ExportAsync).WithName("exportRecording").WithMetadata(AuditMark.Always).Produces<byte[]>(200, "video/mp4", "video/webm").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("The recording as a video, mp4 (default) or webm, made by ffmpeg while it is sent")
            .WithDescription("`from` and `to` are seconds, `speed` makes it shorter (1 to 64). Of stretches in which nothing was seen two seconds are shown.");
    }

    private static async Task<Ok<Page<Recording>>> ListAsync(WarrenDb db, Caller caller, string? machine, int? limit, string? after, CancellationToken cancellation)
    {
        var rows = caller.Visible(db.Recordings.AsNoTracking());
        if (machine is not null) rows = rows.Where(r => r.MachineId == machine || r.MachineName == machine);
        return TypedResults.Ok(await Paging.PageAsync(rows, r => r.Id, newestFirst: true, limit, after, r => r.ToContract(), cancellation));
    }

    private static async Task<Ok<Recording>> GetAsync(string recording, WarrenDb db, Caller caller, RecordingFolder folder, CancellationToken cancellation)
    {
        var row = await FindAsync(recording, db, caller, cancellation);
        try
        {
            using var reader = RecordingReader.Open(folder.FileOf(row.Id));
            // The file knows better than a row that is written every few seconds.
            return TypedResults.Ok(row.ToContract(reader.Gaps) with { DurationSeconds = Math.Round(reader.Duration.TotalSeconds, 3) });
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return TypedResults.Ok(row.ToContract());
        }
    }

    private static async Task<NoContent> DeleteAsync(string recording, WarrenDb db, Caller caller, RecordingFolder folder, CancellationToken cancellation)
    {
        var row = await FindAsync(recording, db, caller, cancellation);
        if (row.State == RecordingState.Recording)
            throw new RefusedException(Problems.IllegalState($"It is being recorded. Stop that first: PATCH /machines/{row.MachineName} with recordScreen false, or warren record {row.MachineName} --off."));
        await PruneRecordings.RemoveAsync(db, folder, row, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task ScreenAsync(
        string recording, double? at, double? speed, bool? paused, HttpContext http, WarrenDb db, Caller caller, RecordingFolder folder, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        ConsoleSockets.Demand(http, "speaks RFB");
        var check = new Check();
        check.That(at is null or >= 0 and <= int.MaxValue, "at", AtRule);
        check.That(speed is null or >= Player.SlowestSpeed and <= Player.FastestSpeed, "speed", FormattableString.Invariant($"{Player.SlowestSpeed} to {Player.FastestSpeed}"));
        check.Throw();
        using var reader = Open(await FindAsync(recording, db, caller, http.RequestAborted), folder, TimeSpan.FromSeconds(at ?? 0));
        using var socket = await ConsoleSockets.AcceptAsync(http, ScreenSocket.Protocol);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await PlayerRelay.RunAsync(socket, reader, TimeSpan.FromSeconds(at ?? 0), speed ?? 1, paused ?? false, clock, stop.Token);
    }

    private static async Task<IResult> PictureAsync(string recording, double? at, int? width, HttpContext http, WarrenDb db, Caller caller, RecordingFolder folder, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(at is null or >= 0 and <= int.MaxValue, "at", AtRule);
        check.That(width is null or >= Photograph.SmallestWidth and <= Photograph.LargestWidth, "width", $"{Photograph.SmallestWidth} to {Photograph.LargestWidth} pixels");
        check.Throw();
        using var reader = Open(await FindAsync(recording, db, caller, cancellation), folder, TimeSpan.FromSeconds(at ?? 0));
        var photograph = Photograph.Of(reader.Picture!, width);
        photograph.Announce(http.Response);
        return TypedResults.Bytes(photograph.ToPng(), "image/png");
    }

    private static async Task ExportAsync(
        string recording, string? format, double? from, double? to, double? speed, HttpContext http, WarrenDb db, Caller caller, RecordingFolder folder, VideoExport export,
        ILogger<VideoExport> log)
    {
        var cancellation = http.RequestAborted;
        var kind = format ?? "mp4";
        var check = new Check();
        check.That(kind is "mp4" or "webm", "format", "mp4 or webm");
        check.That(from is null or >= 0 and <= int.MaxValue, "from", AtRule);
        check.That(to is null || (to <= int.MaxValue && to > (from ?? 0)), "to", "seconds from the start, after from");
        check.That(speed is null or >= 1 and <= 64, "speed", "1 to 64");
        check.Throw();
        var row = await FindAsync(recording, db, caller, cancellation);
        using var reader = Open(row, folder, TimeSpan.FromSeconds(from ?? 0));
        await export.DemandAsync(cancellation);
        http.Response.ContentType = "video/" + kind;
        http.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"{row.MachineName}-{row.StartedAt.UtcDateTime:yyyyMMdd-HHmmss}.{kind}\"");
        http.Response.Headers.CacheControl = "no-store";
        var end = to is { } seconds && TimeSpan.FromSeconds(seconds) < reader.Duration ? TimeSpan.FromSeconds(seconds) : reader.Duration;
        try
        {
            await export.WriteAsync(reader, new(kind, reader.Position, end, speed ?? 1), http.Response.Body, cancellation);
        }
        catch (Exception e) when (e is HypervisorException or IOException)
        {
            // What was sent cannot be taken back: a connection that breaks tells that it is not all.
            log.LogWarning(e, "The video of recording {Id} ended too soon", row.Id);
            http.Abort();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The client has left, and ffmpeg is gone.
        }
    }

    /// <summary>Opens a recording at a place.</summary>
    /// <exception cref="RefusedException">There is nothing to see.</exception>
    private static RecordingReader Open(RecordingRow row, RecordingFolder folder, TimeSpan at)
    {
        RecordingReader? reader = null;
        try
        {
            reader = RecordingReader.Open(folder.FileOf(row.Id));
            reader.Seek(at);
            if (reader.Picture is not null) return reader;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or RfbException)
        {
            reader?.Dispose();
            if (row.Bytes == 0) throw new RefusedException(Problems.IllegalState("It shows nothing yet."));
            throw new RefusedException(Problems.IllegalState(e is FileNotFoundException ? "Its file is not here: another server recorded it, or it was removed." : $"Its file cannot be read: {e.Message}"));
        }

        reader.Dispose();
        throw new RefusedException(Problems.IllegalState("It shows nothing yet."));
    }

    private static Task<RecordingRow> FindAsync(string recording, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.FindAsync(db.Recordings, r => r.Id == recording, $"recording '{recording}'", cancellation);
}
