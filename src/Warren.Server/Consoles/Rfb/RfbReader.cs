using System.Buffers.Binary;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Reads a line of RFB: small things from a buffer, large ones straight to where they belong. Never keeps more than its buffer.</summary>
internal sealed class RfbReader(Stream line, int capacity = 32 * 1024)
{
    private readonly byte[] _buffer = new byte[capacity];
    private int _start;
    private int _end;

    /// <summary>The next bytes; valid until the next read.</summary>
    /// <exception cref="EndOfStreamException">The other side has left.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync(int count, CancellationToken cancellation)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start.._end).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            _end += await FillAsync(_buffer.AsMemory(_end), cancellation);
        }

        var taken = _buffer.AsMemory(_start, count);
        _start += count;
        return taken;
    }

    public async ValueTask<byte> ByteAsync(CancellationToken cancellation) => (await TakeAsync(1, cancellation)).Span[0];

    public async ValueTask<ushort> ShortAsync(CancellationToken cancellation) => BinaryPrimitives.ReadUInt16BigEndian((await TakeAsync(2, cancellation)).Span);

    public async ValueTask<uint> IntAsync(CancellationToken cancellation) => BinaryPrimitives.ReadUInt32BigEndian((await TakeAsync(4, cancellation)).Span);

    /// <summary>Reads until the place is full.</summary>
    public async ValueTask ReadAsync(Memory<byte> to, CancellationToken cancellation)
    {
        var there = Math.Min(to.Length, _end - _start);
        _buffer.AsMemory(_start, there).CopyTo(to);
        _start += there;
        for (to = to[there..]; to.Length > 0;)
        {
            if (to.Length >= _buffer.Length)
            {
                to = to[await FillAsync(to, cancellation)..];
                continue;
            }

            (_start, _end) = (0, await FillAsync(_buffer, cancellation));
            var part = Math.Min(to.Length, _end);
            _buffer.AsMemory(0, part).CopyTo(to);
            _start = part;
            to = to[part..];
        }
    }

    /// <summary>A text whose length was told.</summary>
    /// <exception cref="RfbException">It is longer than is taken.</exception>
    public async ValueTask<byte[]> TextAsync(uint length, CancellationToken cancellation)
    {
        if (length > Messages.LongestText) throw new RfbException($"a text of {length} bytes; {Messages.LongestText} are taken");
        var text = new byte[length];
        await ReadAsync(text, cancellation);
        return text;
    }

    /// <summary>Reads and forgets.</summary>
    public async ValueTask SkipAsync(long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            var part = (int)Math.Min(count, _buffer.Length);
            await TakeAsync(part, cancellation);
            count -= part;
        }
    }

    private async ValueTask<int> FillAsync(Memory<byte> to, CancellationToken cancellation)
    {
        var read = await line.ReadAsync(to, cancellation);
        if (read == 0) throw new EndOfStreamException("the other side has closed the line");
        return read;
    }
}
