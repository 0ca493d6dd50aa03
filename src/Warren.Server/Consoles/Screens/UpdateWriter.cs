using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>Writes updates to one viewer, piece by piece: what is held for it is one piece, however large the picture.</summary>
internal sealed class UpdateWriter(Stream line, Shadow shadow, TimeProvider clock) : IBufferWriter<byte>
{
    /// <summary>A piece is written when it has grown to this, bytes.</summary>
    private const int Piece = 48 * 1024;

    /// <summary>A viewer that takes no piece for so long is let go: it holds the picture that it was being sent.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private Profile _profile;
    private RectEncoder? _encoder;
    private byte[] _buffer = [];
    private int _length;

    /// <summary>Bytes that were written in all.</summary>
    public long Written { get; private set; }

    public async ValueTask WriteAsync(Update update, CancellationToken cancellation)
    {
        if (update.Shared is { } shared)
        {
            await WriteAsync(shared.Bytes, cancellation);
            shared.Release();
            return;
        }

        var tiles = update.Size is null ? update.Tiles : [];
        var news = News(update);
        Messages.WriteUpdateHead(tiles.Count + news.Count, this);
        foreach (var write in news) write();
        if (_encoder is null || _profile != update.Profile) (_profile, _encoder) = (update.Profile, RectEncoder.For(update.Profile));
        foreach (var (tile, part) in tiles)
        {
            // Raw is copied as quickly as it is found.
            if (update.Profile.Encoding == Encodings.Raw) _encoder.Write(update.Picture, part, this);
            else this.Write(shadow.Tiles.Get(update.Picture, tile, part, update.Profile, _encoder));
            if (_length >= Piece) await FlushAsync(cancellation);
        }

        await FlushAsync(cancellation);
        GiveBack();
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        // Not with the token: waiting ends with it, and whoever ends it closes the line.
        var writing = line.WriteAsync(message, CancellationToken.None);
        if (!writing.IsCompletedSuccessfully) await writing.AsTask().WaitAsync(s_patience, clock, cancellation);
        await line.FlushAsync(cancellation);
        Written += message.Length;
    }

    void IBufferWriter<byte>.Advance(int count) => _length += count;

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint)
    {
        Grow(sizeHint);
        return _buffer.AsMemory(_length);
    }

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint)
    {
        Grow(sizeHint);
        return _buffer.AsSpan(_length);
    }

    /// <summary>Gives the buffer back until there is more. Not after a failure: a write that was given up may still be reading it.</summary>
    private void GiveBack()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _length) = ([], 0);
    }

    private void Grow(int more)
    {
        if (_buffer.Length - _length >= Math.Max(1, more)) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Piece + 20 * 1024, _length + Math.Max(1, more)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_length == 0) return;
        await WriteAsync(_buffer.AsMemory(0, _length), cancellation);
        _length = 0;
    }

    /// <summary>What is not pixels: a rectangle each.</summary>
    private List<Action> News(Update update)
    {
        var news = new List<Action>();
        if (update.Size is { } size) news.Add(() => WriteSize(update, size));
        if (update.Screen is { } screen) news.Add(() => WriteScreens(update.Picture.Width, update.Picture.Height, screen));
        if (update.Places) news.Add(() => RectEncoder.WriteHead(update.Picture.All, Encodings.QemuExtendedKey, this));
        if (update.Title is { } title) news.Add(() => WriteTitle(title));
        if (update.Cursor is { } cursor) news.Add(() => WriteCursor(cursor, update.Profile.Format));
        return news;
    }

    private void WriteSize(Update update, (int Width, int Height) size)
    {
        if (update.Extended) WriteScreens(size.Width, size.Height, update.Screen ?? 0);
        else RectEncoder.WriteHead(new(0, 0, size.Width, size.Height), Encodings.DesktopSize, this);
    }

    /// <summary>One screen that is all of it; x and y 0: nobody asked, nothing was refused.</summary>
    private void WriteScreens(int width, int height, uint screen)
    {
        RectEncoder.WriteHead(new(0, 0, width, height), Encodings.ExtendedDesktopSize, this);
        Span<byte> layout = stackalloc byte[20];
        layout.Clear();
        layout[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(layout[4..], screen);
        BinaryPrimitives.WriteUInt16BigEndian(layout[12..], (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(layout[14..], (ushort)height);
        this.Write(layout);
    }

    private void WriteTitle(string title)
    {
        RectEncoder.WriteHead(default, Encodings.DesktopName, this);
        var text = Encoding.UTF8.GetBytes(title);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        this.Write(length);
        this.Write(text);
    }

    private void WriteCursor(CursorShape cursor, PixelFormat format)
    {
        RectEncoder.WriteHead(cursor.Hot, Encodings.Cursor, this);
        Grow(cursor.Pixels.Length * 4);
        _length += new PixelWriter(format).Write(cursor.Pixels, _buffer.AsSpan(_length));
        this.Write(cursor.Mask);
    }
}
