using System.Buffers.Binary;

namespace Warren.Server.Consoles.Rfb;

/// <summary>What a viewer says.</summary>
internal interface IViewerMessages
{
    void Wants(PixelFormat format);

    void Understands(IReadOnlyCollection<int> encodings);

    void Asks(bool incremental, Rect part);

    ValueTask KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation);

    ValueTask PointerAsync(byte buttons, int x, int y, CancellationToken cancellation);

    ValueTask CutAsync(byte[] text, CancellationToken cancellation);

    ValueTask WantsSizeAsync(int width, int height, CancellationToken cancellation);
}

/// <summary>Reads what a viewer sends; nothing it can say takes more memory than the longest text.</summary>
internal sealed class ViewerReader(RfbReader line, IViewerMessages viewer)
{
    /// <summary>Most encodings that are looked at; a viewer knows some thirty.</summary>
    private const int MostEncodings = 256;

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
            case ViewerMessage.Key:
                var key = await line.TakeAsync(7, cancellation);
                await viewer.KeyAsync(Int(key, 3), null, key.Span[0] != 0, cancellation);
                break;
            case ViewerMessage.Pointer:
                var at = await line.TakeAsync(5, cancellation);
                await viewer.PointerAsync(at.Span[0], Short(at, 1), Short(at, 3), cancellation);
                break;
            case ViewerMessage.CutText:
                var length = Int(await line.TakeAsync(7, cancellation), 3);
                await viewer.CutAsync(await line.TextAsync(length, cancellation), cancellation);
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
