using System.Buffers.Binary;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using EndToEnd.Tests.Running;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Server.Tests.Consoles.Screens;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>Whatever a screen is looked at with, it is what QEMU's own <c>screendump</c> says, pixel for pixel.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class ScreenTests(LifecycleBed bed)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Viewers_of_every_encoding_a_Debian_viewer_and_the_screenshot_see_what_QEMU_shows()
    {
        await bed.LaunchAsync("seen");
        await bed.Bed.Warren.RunAsync("wait", "seen", "--for", "ssh");
        // Nobody has looked before: the first picture must be one.
        PngPixels.Read((await bed.Bed.Client.GetScreenshotAsync("seen")).Png).Pixels.Distinct().Count().ShouldBeGreaterThan(1, "a cold screenshot");
        await bed.Bed.Warren.RunAsync("type", "seen", "hello on the screen", "--enter");
        // Nothing moves in a machine that is paused, not even the cursor.
        await bed.Bed.Warren.RunAsync("pause", "seen");
        var id = (await bed.Bed.InfoAsync("seen")).Id;
        var shown = await DumpAsync(id);
        shown.Pixels.Distinct().Count().ShouldBeGreaterThan(1, "a blank screen proves nothing");

        foreach (var encodings in new int[][] { [0], [1, 0], [7, 0], [1, 7, 0, -223, -239, -258, -307, -308] })
        {
            using var socket = await bed.Bed.Client.OpenScreenAsync("seen", viewOnly: true);
            await using var line = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
            using var viewer = new TestViewer(line);
            await viewer.GreetAsync().WaitAsync(s_limit);
            (viewer.Width, viewer.Height).ShouldBe((shown.Width, shown.Height));
            await viewer.UnderstandAsync(encodings);
            await viewer.AskAsync(incremental: false);
            await viewer.UpdateAsync().WaitAsync(s_limit);
            viewer.Pixels.ShouldBe(shown.Pixels, $"encodings {string.Join(' ', encodings)}");
            viewer.Came.ShouldContainKey(encodings.Contains(7) ? 7 : 0);
        }

        var shot = await bed.Bed.Client.GetScreenshotAsync("seen");
        (shot.ScreenWidth, shot.ScreenHeight).ShouldBe((shown.Width, shown.Height));
        PngPixels.Read(shot.Png).Pixels.ShouldBe(shown.Pixels, "the screenshot");
        Bitmap(await CaptureAsync("seen")).ShouldBe(shown, "gvnccapture");
        await bed.Bed.Warren.RunAsync("delete", "seen");
    }

    /// <summary>A picture by Debian's viewer, through the port that <c>warren vnc</c> opens.</summary>
    private async Task<byte[]> CaptureAsync(string name)
    {
        await using var door = new WarrenInBackground(bed.Bed.Data, "vnc", name);
        var words = (await door.FirstLineAsync()).Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
        var (port, password) = (int.Parse(words[1], CultureInfo.InvariantCulture), words[3]);
        var file = Path.Combine(bed.Bed.Data, name + ".bmp");
        // It reads its password from a terminal only, and from that only after it has asked.
        const string Capture = """
            (until grep -qsa Password: "$1.log"; do sleep 0.05; done; printf '%s\n' "$PASSWORD"; until [ -s "$1" ]; do sleep 0.05; done) |
            script -qfec "gvnccapture 127.0.0.1:$2 '$1'" "$1.log"
            """;
        var command = new Command("bash", "-c", Capture, "bash", file, string.Create(CultureInfo.InvariantCulture, $"{port - 5900}"))
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PASSWORD"] = password },
            Timeout = s_limit,
        };
        await new CommandRunner().RequireAsync(command);
        return await File.ReadAllBytesAsync(file);
    }

    /// <summary>QEMU's own picture (QMP screendump: PPM, binary, 8 bits a colour).</summary>
    private async Task<Picture> DumpAsync(string id)
    {
        var folder = new MachineFolder(Path.Combine(bed.Bed.Data, "machines"), id);
        // Where it may write: it has a user of its own.
        var file = folder.In("dump.ppm");
        using (var qmp = await QmpConnection.OpenAsync(folder.QmpSocket, s_limit, TimeProvider.System, CancellationToken.None))
            await qmp.CommandAsync("screendump", new JsonObject { ["filename"] = file }, s_limit, TimeProvider.System, CancellationToken.None);
        var bytes = await File.ReadAllBytesAsync(file);
        var head = Encoding.ASCII.GetString(bytes, 0, 40).Split(['\n', ' '], 5);
        var (width, height) = (int.Parse(head[1], CultureInfo.InvariantCulture), int.Parse(head[2], CultureInfo.InvariantCulture));
        var at = bytes.Length - width * height * 3;
        return new(width, height, [.. Enumerable.Range(0, width * height).Select(i => (uint)(bytes[at + i * 3] << 16 | bytes[at + i * 3 + 1] << 8 | bytes[at + i * 3 + 2]))]);
    }

    /// <summary>A bitmap of 24 bits, the last row first (BITMAPINFOHEADER).</summary>
    private static Picture Bitmap(byte[] bytes)
    {
        int at = Int(10), width = Int(18), height = Int(22), stride = (width * 3 + 3) / 4 * 4;
        Int(28).ShouldBe(24, "bits of a pixel");
        return new(width, height, [.. Enumerable.Range(0, width * height).Select(i => at + (height - 1 - i / width) * stride + i % width * 3)
            .Select(p => (uint)(bytes[p + 2] << 16 | bytes[p + 1] << 8 | bytes[p]))]);

        int Int(int offset) => offset == 28 ? BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(28)) : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset));
    }

    private sealed record Picture(int Width, int Height, uint[] Pixels)
    {
        public bool Equals(Picture? other) => other is not null && (Width, Height) == (other.Width, other.Height) && Pixels.AsSpan().SequenceEqual(other.Pixels);

        public override int GetHashCode() => Width;
    }
}
