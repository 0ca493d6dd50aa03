using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Threading.Channels;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Consoles.Screens;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>Texts that are copied in the guest and where its viewers are. The bytes are written by hand after rfbproto, Extended Clipboard Pseudo-Encoding.</summary>
public sealed class ClipboardTests : IAsyncDisposable
{
    private const int Extended = unchecked((int)0xC0A1E5CE);

    private readonly ScriptedScreen _screen = new();
    private readonly Guest _guest = new();
    private readonly ScreenHub _hub;
    private readonly List<TestViewer> _viewers = [];

    public ClipboardTests() => _hub = new ScreenHub(_screen.OpenAsync, TimeProvider.System, _guest.OpenAsync);

    public async ValueTask DisposeAsync()
    {
        foreach (var viewer in _viewers) viewer.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task What_is_copied_in_the_guest_comes_to_those_who_control_it_as_each_understands()
    {
        var (modern, old, looker) = (await JoinAsync([0, Extended]), await JoinAsync([0]), await JoinAsync([0, Extended], ViewerRole.View));
        await _guest.CopyAsync("ü\n日本");
        await SeesAsync(modern, () => modern.Clipboard.Count == 2);
        // All that can be done, with a text of up to a mebibyte without having been asked.
        Told(modern, 0).ShouldBe((0x1f000001u, "00100000"));
        modern.Clipboard[1].Flags.ShouldBe(0x10000001u, "provide, text");
        Unpacked(modern.Clipboard[1].Data).ShouldBe("ü\r\n日本\0");
        await SeesAsync(old, () => old.Texts.Count == 1);
        old.Texts.ShouldBe(["ü\n??"], "Latin 1 has no more");
        await SeesAsync(looker, () => looker.Clipboard.Count == 1);
        await _screen.SendAsync(_screen.Paint(0, 0, 5, 5, (_, _) => 77));
        await looker.SeesAsync(() => _screen.Pixels);
        looker.Clipboard.ShouldHaveSingleItem("who only looks is told nothing of clipboards").Flags.ShouldBe(0x1f000001u);
        looker.Texts.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_viewer_that_wants_to_be_asked_first_is_told_and_asks()
    {
        var viewer = await JoinAsync([0, Extended]);
        await viewer.WriteAsync(Message(0x1f000001, [0, 0, 0, 0]));
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 1);
        await _guest.CopyAsync("long");
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 2);
        Told(viewer, 1).ShouldBe((0x08000001u, ""), "notify");
        await viewer.WriteAsync(Message(0x02000001, []));
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 3);
        Unpacked(viewer.Clipboard[2].Data).ShouldBe("long\0");
        await viewer.WriteAsync(Message(0x04000000, []));
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 4);
        viewer.Clipboard[3].Flags.ShouldBe(0x08000001u, "peeked");
    }

    [Fact]
    public async Task What_a_viewer_copies_is_offered_to_the_guest_at_once_or_when_it_was_asked_for()
    {
        var viewer = await JoinAsync([0, Extended]);
        await viewer.WriteAsync(Message(0x10000001, Packed("one\r\ntwo ü\0")));
        (await _guest.OfferedAsync()).ShouldBe("one\ntwo ü");
        await viewer.WriteAsync(Message(0x08000001, []));
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 2);
        Told(viewer, 1).ShouldBe((0x02000001u, ""), "request");
        await viewer.WriteAsync(Message(0x10000001, Packed("three\0")));
        (await _guest.OfferedAsync()).ShouldBe("three");
        await viewer.WriteAsync([6, 0, 0, 0, 0, 0, 0, 3, 0xfc, 13, 10]);
        (await _guest.OfferedAsync()).ShouldBe("ü\n");
    }

    [Fact]
    public async Task Who_only_looks_offers_nothing_and_a_broken_message_ends_its_sender_only()
    {
        var (looker, well, hostile) = (await JoinAsync([0, Extended], ViewerRole.View), await JoinAsync([0, Extended]), await JoinAsync([0, Extended]));
        await looker.WriteAsync(Message(0x10000001, Packed("never\0")));
        await looker.WriteAsync([6, 0, 0, 0, 0, 0, 0, 1, 65]);
        await SeesAsync(looker, () => looker.Clipboard.Count == 1);
        await hostile.WriteAsync(Message(0x10000001, [1, 2, 3, 4, 5]));
        await Should.ThrowAsync<EndOfStreamException>(() => SeesAsync(hostile, () => false));
        // A packed mebibyte of which 200 come out.
        await well.WriteAsync(Message(0x10000001, Packed(new string('a', 200 << 20))));
        await well.WriteAsync(Message(0x10000001, Packed("well\0")));
        (await _guest.OfferedAsync()).ShouldBe("well");
    }

    [Fact]
    public async Task A_text_that_is_too_long_stays_where_it_was_copied_and_its_viewer_stays_too()
    {
        var viewer = await JoinAsync([0, Extended]);
        await viewer.WriteAsync(Message(0x10000001, new byte[2 << 20]));
        await viewer.WriteAsync(Message(0x10000001, Packed(new string('a', (1 << 20) + 1))));
        // With its ends of lines it is longer on the line than it is.
        var lines = string.Concat(Enumerable.Repeat("a\r\n", 1 << 19));
        await viewer.WriteAsync(Message(0x10000001, Packed(lines + "\0")));
        (await _guest.OfferedAsync()).ShouldBe(lines.Replace("\r", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_all_only_look_the_clipboard_is_left_to_others()
    {
        var looker = await JoinAsync([0, Extended], ViewerRole.View);
        await SeesAsync(looker, () => looker.Clipboard.Count == 1);
        _guest.Joined.ShouldBe(0);
        await JoinAsync([0]);
        await Eventually.BecomesAsync(() => Task.FromResult(_guest.Joined == 1), "it is joined for who controls the machine");
    }

    [Fact]
    public async Task A_clipboard_that_breaks_is_joined_again()
    {
        var viewer = await JoinAsync([0, Extended]);
        await _guest.CopyAsync("before");
        await SeesAsync(viewer, () => viewer.Clipboard.Count == 2);
        _guest.Break();
        await Eventually.BecomesAsync(() => Task.FromResult(_guest.Joined == 2), "it is joined again");
        await viewer.WriteAsync(Message(0x10000001, Packed("after\0")));
        (await _guest.OfferedAsync()).ShouldBe("after");
    }

    private async Task<TestViewer> JoinAsync(int[] encodings, ViewerRole role = ViewerRole.Control)
    {
        var (near, far) = DuplexLine.Make();
        var viewer = new TestViewer(near);
        var greeting = _viewers.Count == 0 ? _screen.GreetAsync() : Task.CompletedTask;
        _viewers.Add(viewer);
        _ = new Viewer(_hub, far, new Visitor("v", "somebody", role), role, TimeProvider.System).RunAsync(default).ContinueWith(_ => far.Dispose(), TaskScheduler.Default);
        await greeting;
        if (_viewers.Count == 1) await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, _) => (uint)x));
        await viewer.GreetAsync();
        await viewer.UnderstandAsync(encodings);
        await viewer.SeesAsync(() => _screen.Pixels);
        return viewer;
    }

    /// <summary>Reads on until something has come; it is kept busy with updates, between which messages come.</summary>
    private async Task SeesAsync(TestViewer viewer, Func<bool> what)
    {
        for (var i = 0; !what(); i++)
        {
            i.ShouldBeLessThan(1000, "it never came");
            await viewer.AskAsync();
            await _screen.SendAsync(_screen.Paint(i % 300, 0, 1, 1, (_, _) => (uint)i + 1000));
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    private static (uint Flags, string Data) Told(TestViewer viewer, int at) => (viewer.Clipboard[at].Flags, Convert.ToHexStringLower(viewer.Clipboard[at].Data));

    private static byte[] Message(uint flags, byte[] data)
    {
        var bytes = new byte[12 + data.Length];
        bytes[0] = 6;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), -4 - data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), flags);
        data.CopyTo(bytes, 12);
        return bytes;
    }

    private static byte[] Packed(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            zlib.Write(length);
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    private static string Unpacked(byte[] packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        var length = new byte[4];
        zlib.ReadExactly(length);
        var text = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        zlib.ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>A guest whose clipboard does as it is told.</summary>
    private sealed class Guest
    {
        private readonly Channel<string> _offered = Channel.CreateUnbounded<string>();
        private Channel<string> _copied = Channel.CreateUnbounded<string>();

        public int Joined { get; private set; }

        public Task<ISharedClipboard?> OpenAsync(CancellationToken cancellation)
        {
            Joined++;
            _copied = Channel.CreateUnbounded<string>();
            return Task.FromResult<ISharedClipboard?>(new Shared(_copied.Reader, _offered.Writer));
        }

        public async Task CopyAsync(string text)
        {
            await Eventually.BecomesAsync(() => Task.FromResult(Joined > 0), "the clipboard is joined");
            _copied.Writer.TryWrite(text);
        }

        public Task<string> OfferedAsync() => _offered.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public void Break() => _copied.Writer.Complete(new IOException("broken"));

        private sealed class Shared(ChannelReader<string> copied, ChannelWriter<string> offered) : ISharedClipboard
        {
            public Task<string> NextAsync(CancellationToken cancellation) => copied.ReadAsync(cancellation).AsTask();

            public async Task OfferAsync(string text, CancellationToken cancellation) => await offered.WriteAsync(text, cancellation);

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
