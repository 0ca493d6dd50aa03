using System.Globalization;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Recordings;

/// <summary>What of a recording becomes a video, and how.</summary>
/// <param name="Format"><c>mp4</c> (H.264, fragmented) or <c>webm</c> (VP9).</param>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Speed">How much faster than it was.</param>
internal sealed record VideoWish(string Format, TimeSpan From, TimeSpan To, double Speed);

/// <summary>Makes videos of recordings with ffmpeg: raw pictures go to its standard input, the video comes from its standard output.</summary>
internal sealed class VideoExport(CommandRunner runner, RecordingOptions options)
{
    /// <summary>Pictures of a video a second.</summary>
    public const int Rate = 10;

    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(2);

    /// <exception cref="RefusedException">ffmpeg is not installed, or does not work.</exception>
    public async Task DemandAsync(CancellationToken cancellation)
    {
        try
        {
            await runner.RequireAsync(new Command(options.Ffmpeg, "-hide_banner", "-version"), cancellation);
        }
        catch (HypervisorException e)
        {
            throw new RefusedException(Problems.Of("unsupported", 422, "This server makes no videos",
                $"A video needs ffmpeg, which is not there: {e.Message}. Debian: apt install ffmpeg; one that is elsewhere is named by the setting Recordings:Ffmpeg."));
        }
    }

    /// <summary>Writes a video.</summary>
    /// <exception cref="HypervisorException">ffmpeg failed.</exception>
    public async Task WriteAsync(RecordingReader recording, VideoWish wish, Stream to, CancellationToken cancellation)
    {
        // One size for all: a smaller picture is in its upper left corner.
        var (width, height) = (recording.Marks.Max(m => m.Width), recording.Marks.Max(m => m.Height));
        var command = new Command(options.Ffmpeg, Arguments(wish.Format, width, height)) { Timeout = Longest };
        var result = await runner.PipeAsync(command, (frames, c) => FeedAsync(recording, wish, width, height, frames, c), to, cancellation);
        if (result.ExitCode != 0) throw new HypervisorException(HypervisorErrorKind.Rejected, $"ffmpeg ended with {result.ExitCode}: {result.Error.Trim()}");
    }

    private static string[] Arguments(string format, int width, int height) =>
    [
        "-hide_banner", "-loglevel", "error", "-f", "rawvideo", "-pixel_format", "bgr0",
        "-video_size", string.Create(CultureInfo.InvariantCulture, $"{width}x{height}"), "-framerate", Rate.ToString(CultureInfo.InvariantCulture), "-i", "pipe:0",
        // Players want half the colour's resolution, and with it even sizes.
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p",
        .. format == "mp4"
            ? ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "100", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"]
            : new[] { "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-crf", "30", "-b:v", "0", "-g", "100", "-f", "webm" },
        "pipe:1",
    ];

    private static async Task FeedAsync(RecordingReader recording, VideoWish wish, int width, int height, Stream frames, CancellationToken cancellation)
    {
        var canvas = new Framebuffer(width, height);
        var shown = -1L;
        for (var at = wish.From; ; at += TimeSpan.FromSeconds(wish.Speed / Rate))
        {
            foreach (var (from, to) in recording.Gaps)
                if (at - from > LongestGap && at < to) at = to;
            if (at > wish.To) at = wish.To;
            recording.Seek(at);
            if (recording.Version != shown) Draw(recording.Picture!, canvas);
            shown = recording.Version;
            await frames.WriteAsync(canvas.RowBytes(0, 0, width, height), cancellation);
            if (at >= wish.To) return;
        }
    }

    private static void Draw(Framebuffer picture, Framebuffer canvas)
    {
        for (var y = 0; y < canvas.Height; y++)
        {
            var row = canvas.Row(0, y, canvas.Width);
            row.Clear();
            if (y < picture.Height) picture.Row(0, y, picture.Width).CopyTo(row);
        }
    }
}
