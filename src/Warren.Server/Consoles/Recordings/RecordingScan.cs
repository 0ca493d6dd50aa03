using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Warren.Server.Consoles.Recordings;

/// <summary>What is in a recording's file: by its index, or, while it has none, from record to record. Reads on where a file has grown.</summary>
internal sealed class RecordingScan
{
    private const int Piece = 64 * 1024;

    private readonly SafeFileHandle _file;
    private readonly List<RecordingMark> _marks = [];
    private readonly byte[] _buffer = new byte[Piece];
    private long _bufferAt = -1;
    private int _bufferLength;

    /// <exception cref="InvalidDataException">It is no recording.</exception>
    public RecordingScan(SafeFileHandle file, bool verify)
    {
        _file = file;
        var header = new byte[RecordingFormat.HeaderLength];
        StartedAt = RecordingFormat.ReadHeader(header.AsSpan(0, RandomAccess.Read(file, header, 0)));
        End = RecordingFormat.HeaderLength;
        if (verify || !ReadIndex()) Advance(verify);
    }

    public DateTimeOffset StartedAt { get; }

    /// <summary>Keyframes and gaps, by time.</summary>
    public IReadOnlyList<RecordingMark> Marks => _marks;

    /// <summary>Time of the last record.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Where the last whole record ends that is not the index.</summary>
    public long End { get; private set; }

    /// <summary>Nothing will be added.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Reads what was added. Of a file that is being written the last record may not be there yet.</summary>
    /// <param name="verify">Look at every record's sum, not only at the last one's: a file to be written on.</param>
    public void Advance(bool verify)
    {
        if (IsClosed) return;
        var length = RandomAccess.GetLength(_file);
        _bufferAt = -1;
        while (Head(End) is { } head && head.At >= Duration && End + RecordingFormat.HeadLength + head.Length <= length)
        {
            var next = End + RecordingFormat.HeadLength + head.Length;
            if ((verify || next + RecordingFormat.HeadLength > length) && !IsWhole(head, End)) return;
            if (head.Kind == RecordKind.Index)
            {
                // A writer that goes on cuts it away; one that is there without its trailer is as good.
                IsClosed = true;
                Duration = head.At;
                return;
            }

            if (head.Kind is RecordKind.Keyframe or RecordKind.Gap) _marks.Add(Mark(head));
            (Duration, End) = (head.At, next);
        }
    }

    private RecordingMark Mark(RecordHead head)
    {
        // The first rectangle of a keyframe is DesktopSize.
        var size = head.Kind == RecordKind.Keyframe ? Peek(End + RecordingFormat.HeadLength + 6, 4) : default;
        return new(head.Kind, head.At, End, size.IsEmpty ? 0 : BinaryPrimitives.ReadUInt16BigEndian(size), size.IsEmpty ? 0 : BinaryPrimitives.ReadUInt16BigEndian(size[2..]));
    }

    private bool ReadIndex()
    {
        var length = RandomAccess.GetLength(_file);
        if (length < RecordingFormat.HeaderLength + RecordingFormat.HeadLength + RecordingFormat.TrailerLength) return false;
        var trailer = Peek(length - RecordingFormat.TrailerLength, RecordingFormat.TrailerLength);
        if (!trailer.StartsWith(RecordingFormat.TrailerMagic)) return false;
        var at = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        if (at < RecordingFormat.HeaderLength || at > length || Head(at) is not { Kind: RecordKind.Index } head
            || at + RecordingFormat.HeadLength + head.Length + RecordingFormat.TrailerLength != length || !IsWhole(head, at)) return false;
        var payload = new byte[head.Length];
        RandomAccess.Read(_file, payload, at + RecordingFormat.HeadLength);
        for (var entry = payload.AsSpan(4); entry.Length >= RecordingFormat.EntryLength; entry = entry[RecordingFormat.EntryLength..])
        {
            _marks.Add(new((RecordKind)entry[0], TimeSpan.FromMicroseconds(BinaryPrimitives.ReadInt64LittleEndian(entry[8..])), BinaryPrimitives.ReadInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadUInt16LittleEndian(entry[4..]), BinaryPrimitives.ReadUInt16LittleEndian(entry[6..])));
        }

        (Duration, End, IsClosed) = (head.At, at, true);
        return true;
    }

    private RecordHead? Head(long at) => RecordHead.Read(Peek(at, RecordingFormat.HeadLength));

    private bool IsWhole(RecordHead head, long at)
    {
        var record = new byte[RecordingFormat.HeadLength + head.Length];
        if (RandomAccess.Read(_file, record, at) < record.Length) return false;
        return RecordingFormat.Crc(record.AsSpan(RecordingFormat.HeadLength), RecordingFormat.Crc(record.AsSpan(0, 16), 0)) == head.Crc;
    }

    /// <summary>A few bytes, out of a larger piece; fewer at the end of the file.</summary>
    private ReadOnlySpan<byte> Peek(long at, int count)
    {
        if (_bufferAt < 0 || at < _bufferAt || at + count > _bufferAt + _bufferLength) (_bufferAt, _bufferLength) = (at, RandomAccess.Read(_file, _buffer, at));
        return _buffer.AsSpan((int)(at - _bufferAt), Math.Min(count, _bufferLength - (int)(at - _bufferAt)));
    }
}
