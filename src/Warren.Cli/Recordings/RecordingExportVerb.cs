using System.CommandLine;
using Warren.Cli.Terminal;

namespace Warren.Cli.Recordings;

/// <summary>A recording as a video file.</summary>
internal sealed class RecordingExportVerb : Verb
{
    private readonly Argument<string> _id;
    private readonly Argument<string> _file;
    private readonly Option<double?> _speed;

    public RecordingExportVerb() : base("export", "Make a video of a recording; the server needs ffmpeg",
        "warren recordings export 01hx4k6q2m8s5v7y9zabcdefgh boot.mp4", "warren recordings export 01hx4k6q2m8s5v7y9zabcdefgh night.webm --speed 60")
    {
        _id = Argument<string>("ID", "The recording's id");
        _file = Argument<string>("FILE", "The video: its name ends in .mp4 or .webm");
        _speed = Option<double?>("--speed", "How much faster than it was, 1 to 64 [1]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var file = call.Get(_file);
        var format = Path.GetExtension(file).ToLowerInvariant() switch { ".mp4" => "mp4", ".webm" => "webm", _ => throw Refusal.Invalid("FILE", "must end in .mp4 or .webm") };
        if (call.Get(_speed) is < 1 or > 64) throw Refusal.Invalid("--speed", "1 to 64");
        // What is not whole must not pass for a video.
        var part = file + ".part";
        try
        {
            await using (var to = new FileStream(part, FileMode.Create, FileAccess.Write)) await call.Client.ExportRecordingAsync(call.Get(_id), format, call.Get(_speed) ?? 1, to, cancellation);
            File.Move(part, file, overwrite: true);
        }
        catch (HttpRequestException e)
        {
            throw new IOException("The video broke off; the server's log says why.", e);
        }
        finally
        {
            File.Delete(part);
        }

        if (call.Screen.Json) call.Screen.WriteJson(new { File = file, Bytes = new FileInfo(file).Length });
        else call.Screen.WriteLine($"{file}: {Figures.Bytes(new FileInfo(file).Length)}");
        return ExitCode.Ok;
    }
}
