using System.Buffers.Binary;
using System.Text;

namespace Warren.Server.Consoles.Rfb;

/// <summary>What a viewer says.</summary>
internal interface IViewerMessages
{
    void Wants(PixelFormat format);

    void Understands(IReadOnlyCollection<int> encodings);

    void Asks(bool incremental, Rect part);

    /// <summary>Wants updates without asking for each, or no longer.</summary>
    /// <exception cref="RfbException">That was not offered.</exception>
    void WantsContinuous(bool on, Rect part) => throw new RfbException("a viewer's message of continuous updates, which were not offered");

    /// <summary>A fence, or an answer to one.</summary>
    /// <exception cref="RfbException">They were not offered.</exception>
    void Fence(uint flags, ReadOnlySpan<byte> payload) => throw new RfbException("a viewer's fence, which was not offered");

    ValueTask KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation);

    ValueTask PointerAsync(byte buttons, int x, int y, CancellationToken cancellation);

    /// <summary>A text was copied where the viewer is.</summary>
    void Copied(string text);

    /// <summary>Something about a clipboard, from a viewer that was told of <see cref="ExtendedClipboard"/>.</summary>
    void Clipboard(uint flags, byte[] data);

    ValueTask WantsSizeAsync(int width, int height, CancellationToken cancellation);
}

/// <summary>Reads what a viewer sends; nothing it can say takes more memory than the longest text.</summary>
internal sealed class ViewerReader(RfbReader line, IViewerMessages viewer)
{
    /// <summary>Most encodings that are looked at; a viewer knows some thirty.</summary>
    private const int MostEncodings = 256;

    /// <summary>Longest clipboard that is read to be dropped, bytes; who sends more is let go.</summary>
    private const int LongestDropped = 64 << 20;

    /// <summary>Reads and obeys one message.</summary>
    /// <exception cref="RfbException">It is none.</exception>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        switch (await line.ByteAsync(cancellation))
        {
            case ViewerMessage.SetPixelFormat:
                viewer.Wants(PixelFormat.Parse((await line.TakeAsync(3 + PixelFormat.Length, cancellation)).Span[3..]));
                break;
            case ViewerMessage.SetEncodings:
                await line.ByteAsync(cancellation);
                await EncodingsAsync(await line.ShortAsync(cancellation), cancellation);
                break;
            case ViewerMessage.UpdateRequest:
                var asked = await line.TakeAsync(9, cancellation);
                viewer.Asks(asked.Span[0] != 0, new(Short(asked, 1), Short(asked, 3), Short(asked, 5), Short(asked, 7)));
                break;
            case ViewerMessage.ContinuousUpdates:
                var wanted = await line.TakeAsync(9, cancellation);
                viewer.WantsContinuous(wanted.Span[0] != 0, new(Short(wanted, 1), Short(wanted, 3), Short(wanted, 5), Short(wanted, 7)));
                break;
            case ViewerMessage.Fence:
                await FenceAsync(cancellation);
                break;
            case ViewerMessage.Key:
                var key = await line.TakeAsync(7, cancellation);
                await viewer.KeyAsync(Int(key, 3), null, key.Span[0] != 0, cancellation);
                break;
            case ViewerMessage.Pointer:
                var at = await line.TakeAsync(5, cancellation);
                await viewer.PointerAsync(at.Span[0], Short(at, 1), Short(at, 3), cancellation);
                break;
            case ViewerMessage.CutText:
                await CutTextAsync((int)Int(await line.TakeAsync(7, cancellation), 3), cancellation);
                break;
            case ViewerMessage.SetDesktopSize:
                var size = await line.TakeAsync(7, cancellation);
                var (width, height, screens) = (Short(size, 1), Short(size, 3), size.Span[5]);
                await line.SkipAsync(16L * screens, cancellation);
                await viewer.WantsSizeAsync(width, height, cancellation);
                break;
            case ViewerMessage.Qemu:
                await QemuAsync(cancellation);
                break;
            case var other:
                throw new RfbException($"a viewer's message of the unknown kind {other}");
        }
    }

    /// <summary>Latin 1 (RFC 6143, 7.5.6), or with a negative length what <see cref="ExtendedClipboard"/> is about.</summary>
    private async Task CutTextAsync(int length, CancellationToken cancellation)
    {
        if (length is < -Messages.LongestText and >= -LongestDropped)
        {
            // It stays where it was copied.
            await line.SkipAsync(-length, cancellation);
            return;
        }

        var bytes = await line.TextAsync(length < 0 ? (uint)-(long)length : (uint)length, cancellation);
        if (length >= 0) viewer.Copied(Encoding.Latin1.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal));
        else if (bytes.Length < 4) throw new RfbException("a clipboard message without flags");
        else viewer.Clipboard(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4..]);
    }

    private async Task FenceAsync(CancellationToken cancellation)
    {
        var head = await line.TakeAsync(8, cancellation);
        var (flags, length) = (Int(head, 3), head.Span[7]);
        if (length > Fences.Longest) throw new RfbException($"a fence of {length} bytes");
        viewer.Fence(flags, (await line.TakeAsync(length, cancellation)).Span);
    }

    private async Task EncodingsAsync(int count, CancellationToken cancellation)
    {
        var encodings = new List<int>(Math.Min(count, MostEncodings));
        for (var i = 0; i < count; i++)
        {
            var encoding = (int)await line.IntAsync(cancellation);
            if (encodings.Count < MostEncodings) encodings.Add(encoding);
        }

        viewer.Understands(encodings);
    }

    /// <summary>rfbproto, QEMU client messages: only keys were offered (0), not sound.</summary>
    private async Task QemuAsync(CancellationToken cancellation)
    {
        if (await line.ByteAsync(cancellation) is not 0 and var kind) throw new RfbException($"a viewer's QEMU message of the kind {kind}, which was not offered");
        var key = await line.TakeAsync(10, cancellation);
        await viewer.KeyAsync(Int(key, 2), Int(key, 6), Short(key, 0) != 0, cancellation);
    }

    private static ushort Short(ReadOnlyMemory<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.Span[at..]);

    private static uint Int(ReadOnlyMemory<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[at..]);
}
