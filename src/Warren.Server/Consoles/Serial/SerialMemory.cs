using System.Globalization;
using System.Security.Cryptography;
using Warren.Hypervisors;

namespace Warren.Server.Consoles.Serial;

/// <summary>
/// The end of a serial log, for hosts that have it as a whole only: at first as it was, then with what comes over the line.
/// Places are those of the host's log as long as that begins as it did.
/// </summary>
internal sealed class SerialMemory
{
    /// <summary>Bytes that are kept.</summary>
    public const int Size = 1 << 20;

    /// <summary>Bytes of a log's beginning by which it is known, and fewer by which it is not.</summary>
    private const int Known = 4096, TooFew = 256;

    private const int Chunk = 64 * 1024;

    private readonly Lock _gate = new();
    private byte[] _ring = new byte[Chunk];
    private byte[] _head = [];
    private long _start;
    private long _end;

    /// <summary>Random where nothing tells which log it is.</summary>
    public string Id { get; private set; } = Guid.NewGuid().ToString("n");

    public long Start
    {
        get { lock (_gate) return _start; }
    }

    public long End
    {
        get { lock (_gate) return _end; }
    }

    /// <summary>Takes over the log of before.</summary>
    public async Task RecallAsync(Stream log, CancellationToken cancellation)
    {
        var buffer = new byte[Chunk];
        while (await log.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            if (_head.Length < Known) _head = [.. _head, .. buffer.AsSpan(0, Math.Min(read, Known - _head.Length))];
            Append(buffer.AsSpan(0, read));
        }

        if (_head.Length >= TooFew) Id = IdOf(_head.Length);
    }

    /// <summary>Whether it is the log that was called so, also when it was shorter.</summary>
    public bool Is(string id) =>
        id == Id || (id.Split('-') is [var length, _] && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var known) && known >= TooFew && known <= _head.Length && id == IdOf(known));

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (bytes.Length > Size)
            {
                _start = _end += bytes.Length - Size;
                bytes = bytes[^Size..];
            }

            Grow(_end - _start + bytes.Length);
            var at = (int)(_end % _ring.Length);
            var first = Math.Min(bytes.Length, _ring.Length - at);
            bytes[..first].CopyTo(_ring.AsSpan(at));
            bytes[first..].CopyTo(_ring);
            _end += bytes.Length;
            _start = Math.Max(_start, _end - _ring.Length);
        }
    }

    /// <inheritdoc cref="KeptLog.Read"/>
    public int Read(ref long at, Span<byte> into)
    {
        lock (_gate)
        {
            at = Math.Clamp(at, _start, _end);
            var read = (int)Math.Min(into.Length, _end - at);
            var from = (int)(at % _ring.Length);
            var first = Math.Min(read, _ring.Length - from);
            _ring.AsSpan(from, first).CopyTo(into);
            _ring.AsSpan(0, read - first).CopyTo(into[first..]);
            return read;
        }
    }

    /// <summary>The last bytes.</summary>
    public byte[] Tail(int most)
    {
        lock (_gate)
        {
            var at = Math.Max(_start, _end - most);
            var tail = new byte[_end - at];
            Read(ref at, tail);
            return tail;
        }
    }

    private string IdOf(int known) => string.Create(CultureInfo.InvariantCulture, $"{known}-{Convert.ToHexStringLower(SHA256.HashData(_head.AsSpan(0, known)).AsSpan(0, 8))}");

    /// <summary>Most lines say little: the room grows to what is needed, by doubling.</summary>
    private void Grow(long needed)
    {
        if (needed <= _ring.Length || _ring.Length == Size) return;
        var room = _ring.Length;
        while (room < needed && room < Size) room *= 2;
        var (grown, kept) = (new byte[room], Tail(Size));
        for (var i = 0; i < kept.Length; i++) grown[(_start + i) % room] = kept[i];
        _ring = grown;
    }

    /// <summary>One reader's view of it.</summary>
    internal sealed class View(SerialMemory memory) : KeptLog
    {
        public override string Id => memory.Id;

        public override long Start => memory.Start;

        public override long End => memory.End;

        public override bool Is(string id) => memory.Is(id);

        public override int Read(ref long at, Span<byte> into) => memory.Read(ref at, into);
    }
}
