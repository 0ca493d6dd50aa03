using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// Writes a recording's file, each record by one write that is with the kernel when the call returns: a server that is killed loses nothing
/// of it. After a failure the file ends with its last whole record. Used by one thread at a time.
/// </summary>
internal sealed class RecordingWriter : IDisposable
{
    /// <summary>What is drawn over a keyframe until there is another: a seek costs little more than this many times the picture, and this long.</summary>
    private const int MostOverKeyframe = 4;

    private const int LeastOverKeyframe = 256 * 1024;
    private static readonly TimeSpan LongestWithoutKeyframe = TimeSpan.FromSeconds(10);

    private readonly SafeFileHandle _file;
    private readonly List<RecordingMark> _marks;
    private readonly TightEncoder _encoder = new(PixelFormat.Native);
    private ArrayBufferWriter<byte> _record = new(64 * 1024);
    private int _rectangles;
    private long _keyframe;
    private long _over;

    private RecordingWriter(SafeFileHandle file, DateTimeOffset startedAt, long end, TimeSpan duration, IEnumerable<RecordingMark> marks)
        => (_file, StartedAt, Bytes, Duration, _marks) = (file, startedAt, end, duration, [.. marks]);

    public DateTimeOffset StartedAt { get; }

    /// <summary>Size of the file.</summary>
    public long Bytes { get; private set; }

    /// <summary>Time of the last record.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Begins a file, mode 0600.</summary>
    public static RecordingWriter Create(string path, DateTimeOffset startedAt)
    {
        var file = Open(path, FileMode.CreateNew);
        var header = RecordingFormat.Header(startedAt);
        var writer = new RecordingWriter(file, RecordingFormat.ReadHeader(header), 0, default, []);
        try
        {
            writer.Append(header);
            return writer;
        }
        catch
        {
            writer.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Goes on with a file: what is torn at its end is cut off, and so is its index.</summary>
    /// <exception cref="InvalidDataException">It is no recording.</exception>
    public static RecordingWriter Reopen(string path)
    {
        var file = Open(path, FileMode.Open);
        try
        {
            var scan = new RecordingScan(file, verify: true);
            RandomAccess.SetLength(file, scan.End);
            return new RecordingWriter(file, scan.StartedAt, scan.End, scan.Duration, scan.Marks);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether what comes next had better be a whole picture.</summary>
    public bool WantsKeyframe(TimeSpan at) => _marks.Count == 0 || _marks[^1].Kind != RecordKind.Keyframe || _keyframe == 0
        || (_over > 0 && at - _marks[^1].At >= LongestWithoutKeyframe) || _over > Math.Max(LeastOverKeyframe, MostOverKeyframe * _keyframe);

    /// <summary>The whole picture.</summary>
    public void Keyframe(Framebuffer picture, string name, CursorShape? cursor, TimeSpan at)
    {
        Begin();
        Count();
        RectEncoder.WriteHead(picture.All, Encodings.DesktopSize, _record);
        _rectangles++;
        News(name, cursor);
        for (var y = 0; y < picture.Height; y += Framebuffer.Tile)
        for (var x = 0; x < picture.Width; x += TightEncoder.Widest)
            Draw(picture, new Rect(x, y, TightEncoder.Widest, Framebuffer.Tile).Intersect(picture.All));
        var mark = new RecordingMark(RecordKind.Keyframe, Later(at), Bytes, picture.Width, picture.Height);
        (_keyframe, _over) = (End(RecordKind.Keyframe, at), 0);
        _marks.Add(mark);
    }

    /// <summary>What is new; null where the name or the pointer is not.</summary>
    public void Update(Framebuffer picture, IEnumerable<Rect> parts, string? name, CursorShape? cursor, TimeSpan at)
    {
        Begin();
        Count();
        News(name, cursor);
        foreach (var part in parts) Draw(picture, part);
        if (_rectangles > 0) _over += End(RecordKind.Update, at);
    }

    /// <summary>Nothing is seen from now on.</summary>
    public void Gap(string why, TimeSpan at)
    {
        Begin();
        _record.Write(Encoding.UTF8.GetBytes(why));
        var mark = new RecordingMark(RecordKind.Gap, Later(at), Bytes, 0, 0);
        End(RecordKind.Gap, at);
        _marks.Add(mark);
    }

    /// <summary>Time went on.</summary>
    public void Tick(TimeSpan at)
    {
        Begin();
        End(RecordKind.Tick, at);
    }

    /// <summary>Writes the index; the file can be taken up again all the same.</summary>
    public void Finish(TimeSpan at)
    {
        Begin();
        var place = Bytes;
        BinaryPrimitives.WriteInt32LittleEndian(_record.GetSpan(4), _marks.Count);
        _record.Advance(4);
        foreach (var mark in _marks)
        {
            var entry = _record.GetSpan(RecordingFormat.EntryLength)[..RecordingFormat.EntryLength];
            entry.Clear();
            entry[0] = (byte)mark.Kind;
            BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)mark.Width);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], (ushort)mark.Height);
            BinaryPrimitives.WriteInt64LittleEndian(entry[8..], mark.At.Ticks / TimeSpan.TicksPerMicrosecond);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], mark.Offset);
            _record.Advance(RecordingFormat.EntryLength);
        }

        End(RecordKind.Index, at);
        var trailer = new byte[RecordingFormat.TrailerLength];
        RecordingFormat.TrailerMagic.CopyTo(trailer);
        BinaryPrimitives.WriteInt64LittleEndian(trailer.AsSpan(8), place);
        Append(trailer);
        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete };
        if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(path, options);
        // The stream is only a way to say with which mode the file is made.
        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    private void Begin()
    {
        // One large picture must not be paid for all the time.
        if (_record.Capacity > 4 << 20) _record = new(64 * 1024);
        _record.ResetWrittenCount();
        _record.GetSpan(RecordingFormat.HeadLength + 2)[..(RecordingFormat.HeadLength + 2)].Clear();
        _record.Advance(RecordingFormat.HeadLength);
        _rectangles = 0;
    }

    /// <summary>Room for the number of rectangles, once it is known.</summary>
    private void Count() => _record.Advance(2);

    private void News(string? name, CursorShape? cursor)
    {
        if (name is not null)
        {
            RectEncoder.WriteHead(default, Encodings.DesktopName, _record);
            var text = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32BigEndian(_record.GetSpan(4), text.Length);
            _record.Advance(4);
            _record.Write(text);
            _rectangles++;
        }

        if (cursor is not null)
        {
            RectEncoder.WriteHead(cursor.Hot, Encodings.Cursor, _record);
            _record.Advance(new PixelWriter(PixelFormat.Native).Write(cursor.Pixels, _record.GetSpan(cursor.Pixels.Length * 4)));
            _record.Write(cursor.Mask);
            _rectangles++;
        }
    }

    private void Draw(Framebuffer picture, Rect part)
    {
        _encoder.Write(picture, part, _record);
        _rectangles++;
    }

    private TimeSpan Later(TimeSpan at) => new((at > Duration ? at : Duration).Ticks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond);

    private int End(RecordKind kind, TimeSpan at)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_record.WrittenMemory).Span;
        if (kind is RecordKind.Keyframe or RecordKind.Update) BinaryPrimitives.WriteUInt16BigEndian(bytes[RecordingFormat.HeadLength..], (ushort)_rectangles);
        var time = Later(at);
        RecordingFormat.WriteHead(kind, time, bytes);
        Append(bytes);
        Duration = time;
        return bytes.Length;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Bytes);
            Bytes += bytes.Length;
        }
        catch (IOException)
        {
            RandomAccess.SetLength(_file, Bytes);
            throw;
        }
    }
}
