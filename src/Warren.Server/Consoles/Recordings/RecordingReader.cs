using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// Shows a recording's picture at any time: from the keyframe before it, record by record. The file may be one that is being written. A
/// record that is damaged costs what follows it until the next keyframe. Used by one thread at a time.
/// </summary>
internal sealed class RecordingReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly RecordingScan _scan;
    private byte[] _payload = new byte[64 * 1024];
    private long _next = RecordingFormat.HeaderLength;
    private RecordHead? _head;

    private RecordingReader(SafeFileHandle file, RecordingScan scan) => (_file, _scan) = (file, scan);

    public DateTimeOffset StartedAt => _scan.StartedAt;

    /// <summary>Time of the last record.</summary>
    public TimeSpan Duration => _scan.Duration;

    /// <summary>Nothing will be added.</summary>
    public bool IsClosed => _scan.IsClosed;

    /// <summary>Keyframes and gaps, by time.</summary>
    public IReadOnlyList<RecordingMark> Marks => _scan.Marks;

    /// <summary>Stretches in which nothing was seen.</summary>
    public IEnumerable<(TimeSpan From, TimeSpan To)> Gaps
    {
        get
        {
            for (var i = 0; i < Marks.Count; i++)
                if (Marks[i].Kind == RecordKind.Gap) yield return (Marks[i].At, i + 1 < Marks.Count ? Marks[i + 1].At : Duration);
        }
    }

    /// <summary>The picture at <see cref="Position"/>; its tiles tell when they were changed, counted by <see cref="Version"/>. Null before the first seek, and of an empty file.</summary>
    public Framebuffer? Picture { get; private set; }

    /// <summary>Rises with each record that is shown.</summary>
    public long Version { get; private set; }

    public string Name { get; private set; } = "";

    public CursorShape? Cursor { get; private set; }

    /// <summary>Why nothing is seen here; null where something is.</summary>
    public string? Why { get; private set; }

    public TimeSpan Position { get; private set; }

    /// <summary>Time of the next record; null at the end.</summary>
    public TimeSpan? NextAt => Head()?.At;

    /// <exception cref="InvalidDataException">It is no recording.</exception>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    public static RecordingReader Open(string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            return new RecordingReader(file, new RecordingScan(file, verify: false));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Looks for what was added.</summary>
    public void Refresh() => _scan.Advance(verify: false);

    /// <summary>Shows the picture at a time; before the first one there is: that one.</summary>
    public void Seek(TimeSpan at)
    {
        at = at < TimeSpan.Zero ? TimeSpan.Zero : at > Duration ? Duration : at;
        var start = KeyframeBefore(at);
        // A keyframe ahead of what was shown last is a short cut; behind it there is no way back but by one.
        var jump = start is not null && (at < Position || start.Offset >= _next || Picture is null);
        if (jump) (_next, _head) = (start!.Offset, null);
        while (Head() is { } head && (head.At <= at || jump || Picture is null))
        {
            Show(head);
            jump = false;
        }

        Position = at;
    }

    public void Dispose() => _file.Dispose();

    private RecordingMark? KeyframeBefore(TimeSpan at)
    {
        var (low, high) = (0, Marks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Marks[middle].At <= at) low = middle + 1;
            else high = middle;
        }

        for (var i = low - 1; i >= 0; i--)
            if (Marks[i].Kind == RecordKind.Keyframe) return Marks[i];
        return Marks.FirstOrDefault(m => m.Kind == RecordKind.Keyframe);
    }

    private RecordHead? Head()
    {
        if (_next >= _scan.End) return null;
        if (_head is { } known) return known;
        Span<byte> bytes = stackalloc byte[RecordingFormat.HeadLength];
        RandomAccess.Read(_file, bytes, _next);
        _head = RecordHead.Read(bytes);
        // A head that cannot be read hides how long its record is.
        if (_head is null) Recover();
        return _next >= _scan.End ? null : _head;
    }

    private void Recover()
    {
        var next = Marks.FirstOrDefault(m => m.Kind == RecordKind.Keyframe && m.Offset > _next);
        (_next, _head) = (next?.Offset ?? _scan.End, null);
        if (next is not null) Head();
    }

    private void Show(RecordHead head)
    {
        var payload = Payload(head);
        if (payload is null)
        {
            Recover();
            return;
        }

        (_next, _head) = (_next + RecordingFormat.HeadLength + head.Length, null);
        switch (head.Kind)
        {
            case RecordKind.Gap:
                Why = Encoding.UTF8.GetString(payload.Value.Span);
                break;
            case RecordKind.Keyframe or RecordKind.Update:
                // It stands alone: what it does not tell was not known then.
                if (head.Kind == RecordKind.Keyframe) (Why, Cursor, Name) = (null, null, "");
                Version++;
                Draw(payload.Value);
                break;
            case RecordKind.Tick or RecordKind.Index:
                break;
            default:
                throw new InvalidOperationException($"A record of the kind {head.Kind}.");
        }
    }

    private ReadOnlyMemory<byte>? Payload(RecordHead head)
    {
        if (_payload.Length < head.Length + RecordingFormat.HeadLength) _payload = new byte[head.Length + RecordingFormat.HeadLength];
        var record = _payload.AsSpan(0, RecordingFormat.HeadLength + head.Length);
        if (RandomAccess.Read(_file, record, _next) < record.Length) return null;
        if (RecordingFormat.Crc(record[RecordingFormat.HeadLength..], RecordingFormat.Crc(record[..16], 0)) != head.Crc) return null;
        return _payload.AsMemory(RecordingFormat.HeadLength, head.Length);
    }

    private void Draw(ReadOnlyMemory<byte> payload)
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
        for (payload = payload[2..]; count > 0; count--)
        {
            var head = payload.Span;
            var part = new Rect(BinaryPrimitives.ReadUInt16BigEndian(head), BinaryPrimitives.ReadUInt16BigEndian(head[2..]),
                BinaryPrimitives.ReadUInt16BigEndian(head[4..]), BinaryPrimitives.ReadUInt16BigEndian(head[6..]));
            var encoding = BinaryPrimitives.ReadInt32BigEndian(head[8..]);
            payload = payload[RectEncoder.Header..];
            payload = payload[Draw(part, encoding, payload)..];
        }
    }

    /// <returns>Bytes of the rectangle behind its head.</returns>
    private int Draw(Rect part, int encoding, ReadOnlyMemory<byte> bytes)
    {
        switch (encoding)
        {
            case Encodings.DesktopSize:
                if (Picture is null || (Picture.Width, Picture.Height) != (part.Width, part.Height)) Picture = new Framebuffer(part.Width, part.Height);
                return 0;
            case Encodings.DesktopName:
                var length = BinaryPrimitives.ReadInt32BigEndian(bytes.Span);
                Name = Encoding.UTF8.GetString(bytes.Span.Slice(4, length));
                return 4 + length;
            case Encodings.Cursor:
                var (pixels, mask) = (new uint[part.Width * part.Height], (part.Width + 7) / 8 * part.Height);
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bytes.Span[..(pixels.Length * 4)]).CopyTo(pixels);
                Cursor = new CursorShape(part, pixels, bytes.Slice(pixels.Length * 4, mask).ToArray());
                return pixels.Length * 4 + mask;
            case Encodings.Tight:
                if (Picture is null || !Picture.All.Contains(part)) throw new InvalidDataException("the recording paints outside its picture");
                var read = TightDecoder.Read(bytes, Picture, part);
                Picture.Touch(part, Version);
                return read;
            default:
                throw new InvalidDataException($"the recording has a rectangle of the unknown encoding {encoding}");
        }
    }
}
