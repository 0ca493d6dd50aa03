using System.Buffers.Binary;
using System.IO.Compression;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>
/// Whatever either side sends, whole, cut, too much or nonsense, is obeyed, refused as a breach of the protocol, or the end of
/// the line: nothing else, and with a bound on memory. In full with WARREN_SOAK=full.
/// </summary>
public sealed class HostileRfbTests
{
    private static readonly int s_cases = Campaign.IsFull ? 100_000 : 3_000;

    /// <summary>Of one message: the longest text, or the largest pointer twice, and its encodings. Pictures are counted beside it.</summary>
    private const long MostMemory = 4 << 20;

    /// <summary>Of six messages of a viewer, each the longest text: its bytes, and its characters.</summary>
    private const long MostOfViewer = 6 * (3 << 20) + (1 << 20);

    [Fact]
    [Trait("Campaign", "yes")]
    public async Task Whatever_a_viewer_sends()
    {
        var dice = new Dice(Campaign.Seed());
        var (obeyed, refused, ended) = (0, 0, 0);
        for (var i = 0; i < s_cases; i++)
        {
            var bytes = Spoil(dice, [.. Enumerable.Range(0, 1 + dice.Roll(6)).SelectMany(_ => ViewerSays(dice))]);
            var viewer = new Listener();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var reader = new ViewerReader(new RfbReader(new ChoppedStream(bytes, dice), 8 * 1024), viewer);
                while (true) await reader.ReadAsync(CancellationToken.None);
            }
            catch (RfbException)
            {
                refused++;
            }
            catch (EndOfStreamException)
            {
                ended++;
            }

            obeyed += viewer.Heard;
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MostOfViewer);
        }

        Campaign.Say($"{s_cases} cases: {obeyed} messages obeyed, {refused} lines refused, {ended} ended");
        Math.Min(refused, Math.Min(ended, obeyed)).ShouldBeGreaterThan(s_cases / 20, "cases of every kind");
    }

    [Fact]
    [Trait("Campaign", "yes")]
    public async Task Whatever_a_screen_sends()
    {
        var dice = new Dice(Campaign.Seed());
        var (updates, refused, ended) = (0, 0, 0);
        for (var i = 0; i < s_cases; i++)
        {
            var shadow = new Shadow();
            shadow.Begin();
            shadow.Resize(1 + dice.Roll(90), 1 + dice.Roll(90));
            shadow.End(new HashSet<Profile>());
            var bytes = Spoil(dice, [.. Enumerable.Range(0, 1 + dice.Roll(4)).SelectMany(_ => ScreenSays(dice, shadow.Picture!.Width, shadow.Picture.Height))]);
            var (first, before) = (shadow.Picture, GC.GetAllocatedBytesForCurrentThread());
            var events = new Listener();
            var messages = 1;
            try
            {
                var reader = new ScreenReader(new RfbReader(new ChoppedStream(bytes, dice), 8 * 1024), shadow, events);
                while (true)
                {
                    updates += (await reader.ReadAsync(CancellationToken.None)).Updated ? 1 : 0;
                    messages++;
                }
            }
            catch (RfbException)
            {
                refused++;
            }
            catch (EndOfStreamException)
            {
                ended++;
            }

            // Four sizes are taken from one message.
            var pictures = 4L * Framebuffer.MostPixels * 4 * messages;
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MostMemory * messages + (ReferenceEquals(shadow.Picture, first) ? 0 : pictures));
            (shadow.Writes % 2).ShouldBe(0, "no change stays half done");
        }

        Campaign.Say($"{s_cases} cases: {updates} updates taken, {refused} lines refused, {ended} ended");
        Math.Min(refused, Math.Min(ended, updates)).ShouldBeGreaterThan(s_cases / 20, "cases of every kind");
    }

    [Theory]
    [InlineData("")]
    [InlineData("RFB 004.000\n")]
    [InlineData("GET / HTTP/1")]
    [InlineData("RFB 003.008\n\0\0\0\0\xff")]
    [InlineData("RFB 003.008\n\u0001\u0002")]
    [InlineData("RFB 003.003\n\0\0\0\u0002")]
    public async Task A_screen_that_is_none_is_refused(string says)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(says);
        var stream = new ChoppedStream(bytes, new Dice(1));
        var failure = await Should.ThrowAsync<IOException>(() => ScreenGreeting.GreetAsync(new RfbReader(stream), stream, CancellationToken.None));
        (failure is RfbException or EndOfStreamException).ShouldBeTrue(failure.ToString());
    }

    /// <summary>A third as they are; the others cut, with bytes changed, or with something else in between.</summary>
    private static byte[] Spoil(Dice dice, byte[] bytes)
    {
        switch (dice.Roll(6))
        {
            case 0:
                return bytes[..dice.Roll(bytes.Length + 1)];
            case 1:
                for (var i = 1 + dice.Roll(8); i > 0; i--) bytes[dice.Roll(bytes.Length)] = (byte)dice.Pick<int>([0, 1, 0x7f, 0x80, 0xff, dice.Roll(256)]);
                return bytes;
            case 2:
                var at = dice.Roll(bytes.Length);
                return [.. bytes[..at], .. Some(dice, dice.Roll(64)), .. bytes[at..]];
            case 3:
                return Some(dice, 1 + dice.Roll(200));
            default:
                return bytes;
        }
    }

    private static byte[] ViewerSays(Dice dice) => dice.Roll(11) switch
    {
        8 => [150, (byte)dice.Roll(2), .. Some(dice, 8)],
        9 => dice.Roll(70) is var payload ? [248, 0, 0, 0, .. Some(dice, 4), (byte)payload, .. Some(dice, payload)] : [],
        10 => Clipboard(dice),
        0 => [0, 0, 0, 0, (byte)dice.Pick<int>([8, 16, 32]), 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
        1 => dice.Roll(20) is var count ? [2, 0, 0, (byte)count, .. Some(dice, 4 * count)] : [],
        2 => [3, (byte)dice.Roll(2), .. Some(dice, 8)],
        3 => [4, (byte)dice.Roll(2), 0, 0, .. Some(dice, 4)],
        4 => [5, .. Some(dice, 5)],
        5 => dice.Roll(300) is var text ? [6, 0, 0, 0, .. Int(text), .. Some(dice, text)] : [],
        6 => dice.Roll(4) is var screens ? [251, 0, .. Some(dice, 4), (byte)screens, 0, .. Some(dice, 16 * screens)] : [],
        _ => [255, 0, 0, (byte)dice.Roll(2), .. Some(dice, 8)],
    };

    /// <summary>An extended clipboard: now and then a text that was packed well, of any length that it says to have.</summary>
    private static byte[] Clipboard(Dice dice)
    {
        var data = Some(dice, dice.Roll(100));
        if (dice.Chance(50))
        {
            using var packed = new MemoryStream();
            using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                zlib.Write(Int(dice.Pick<int>([0, 1, 40, 1 << 20, int.MaxValue, -1])));
                zlib.Write(new byte[dice.Pick<int>([0, 1, 40, 3 << 20])]);
            }

            data = packed.ToArray();
        }

        return [6, 0, 0, 0, .. Int(-4 - data.Length), (byte)(1 << dice.Roll(8)), 0, 0, (byte)dice.Roll(2), .. data];
    }

    private static byte[] ScreenSays(Dice dice, int width, int height) => dice.Roll(8) switch
    {
        0 => [2],
        1 => dice.Roll(300) is var text ? [3, 0, 0, 0, .. Int(text), .. Some(dice, text)] : [],
        2 => dice.Roll(10) is var colours ? [1, 0, 0, 0, 0, (byte)colours, .. Some(dice, 6 * colours)] : [],
        _ => dice.Roll(6) is var count ? [0, 0, 0, (byte)count, .. Enumerable.Range(0, count).SelectMany(_ => Rectangle(dice, width, height))] : [],
    };

    private static byte[] Rectangle(Dice dice, int width, int height)
    {
        int w = 1 + dice.Roll(width), h = 1 + dice.Roll(height), x = dice.Roll(width - w + 1), y = dice.Roll(height - h + 1);
        return dice.Roll(7) switch
        {
            0 => [.. ScriptedScreen.Head(x, y, w, h, 1), .. TestViewer.Short(dice.Roll(width - w + 1)), .. TestViewer.Short(dice.Roll(height - h + 1))],
            1 => [.. ScriptedScreen.Head(0, 0, 8, 3, -239), .. Some(dice, 8 * 3 * 4 + 3)],
            2 => ScriptedScreen.Head(0, 0, width, height, -258),
            3 => [.. ScriptedScreen.Head(0, 0, 0, 0, -307), .. Int(5), .. Some(dice, 5)],
            4 => [.. ScriptedScreen.Head(0, 0, width, height, -308), 1, 0, 0, 0, .. Some(dice, 16)],
            5 when dice.Chance(10) => ScriptedScreen.Head(0, 0, width, height, -223),
            _ => [.. ScriptedScreen.Head(x, y, w, h, 0), .. Some(dice, w * h * 4)],
        };
    }

    private static byte[] Some(Dice dice, int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)dice.Roll(256);
        return bytes;
    }

    private static byte[] Int(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private sealed class Listener : IViewerMessages, IScreenEvents
    {
        private static readonly HashSet<Profile> s_all = [new(PixelFormat.Native, Encodings.Raw, Copies: true), new(PixelFormat.Native, Encodings.Tight, Copies: false)];

        public int Heard { get; private set; }

        public void Wants(PixelFormat format) => new PixelWriter(format).Write([0xffffff, 0], new byte[8]).ShouldBe(2 * format.BytesPerPixel);

        public void Understands(IReadOnlyCollection<int> encodings) => Heard++;

        private readonly ViewerFlow _flow = Flowing();

        public void Asks(bool incremental, Rect part) => Heard++;

        public void WantsContinuous(bool on, Rect part) => _flow.Wants(on, part);

        public void Fence(uint flags, ReadOnlySpan<byte> payload)
        {
            _flow.Fence(flags, payload);
            _flow.Take().Count.ShouldBeLessThan(20);
        }

        public ValueTask KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation) => Hear();

        public ValueTask PointerAsync(byte buttons, int x, int y, CancellationToken cancellation) => Hear();

        public void Copied(string text) => Heard++;

        public void Clipboard(uint flags, byte[] data) => new ViewerClipboard(_ => Heard++).Hear(flags, data, may: true);

        public ValueTask WantsSizeAsync(int width, int height, CancellationToken cancellation) => Hear();

        public void Bell() => Heard++;

        public void Renamed(string name) => Heard++;

        public void TakesPlaces() => Heard++;

        public void TakesSizes(uint screen) => Heard++;

        public IReadOnlySet<Profile> Waiting() => s_all;

        private static ViewerFlow Flowing()
        {
            var flow = new ViewerFlow(TimeProvider.System);
            flow.Understands([Encodings.Fence, Encodings.ContinuousUpdates]);
            return flow;
        }

        private ValueTask Hear()
        {
            Heard++;
            return ValueTask.CompletedTask;
        }
    }
}
