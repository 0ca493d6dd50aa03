using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Recordings;

/// <summary>Kinds of records.</summary>
internal enum RecordKind : byte
{
    /// <summary>Rectangles that make up the whole picture, the screen's size (DesktopSize) first.</summary>
    Keyframe = 1,

    /// <summary>Rectangles of what is new since the record before.</summary>
    Update = 2,

    /// <summary>From here to the next keyframe nothing was seen; why, as text.</summary>
    Gap = 3,

    /// <summary>Nothing has changed, and time went on.</summary>
    Tick = 4,

    /// <summary>Where keyframes and gaps are; the last record of a file that was closed.</summary>
    Index = 5,
}

/// <summary>
/// A recording's file. Numbers are little-endian, times are microseconds since its start. It is only ever added to, one write a record, so
/// that whatever cuts it short costs its last record and no more.
/// <list type="bullet">
/// <item>Header, 32 bytes: <c>WarrenR\n</c>, version (u16), 2 bytes 0, start (i64, microseconds since 1970 UTC), 8 bytes 0, CRC-32C of all before (u32).</item>
/// <item>Record: kind (u8), 3 bytes 0, length of the payload (u32), time (i64), CRC-32C of these 16 bytes and the payload (u32), payload.</item>
/// <item>Payload of a picture: number of rectangles (u16, big-endian) and rectangles, both as in an update of RFB (RFC 6143, 7.6.1): DesktopSize,
/// DesktopName, Cursor, and Tight without loss and with a stream reset in each, 24 bits a pixel.</item>
/// <item>Payload of the index: number of entries (u32); each kind (u8), 3 bytes 0, width (u16), height (u16), time (i64), place in the file (i64).</item>
/// <item>Trailer, 16 bytes behind the index: <c>WarrenX\n</c>, place of the index (i64). Without it the file is read from record to record.</item>
/// </list>
/// </summary>
internal static class RecordingFormat
{
    public const int Version = 1;
    public const int HeaderLength = 32;
    public const int HeadLength = 20;
    public const int EntryLength = 24;
    public const int TrailerLength = 16;

    /// <summary>Longest payload: no picture that is kept here comes near it.</summary>
    public const int LongestPayload = 256 << 20;

    public static ReadOnlySpan<byte> Magic => "WarrenR\n"u8;

    public static ReadOnlySpan<byte> TrailerMagic => "WarrenX\n"u8;

    public static byte[] Header(DateTimeOffset startedAt)
    {
        var header = new byte[HeaderLength];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(12), (startedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), Crc(header.AsSpan(0, 28), 0));
        return header;
    }

    /// <exception cref="InvalidDataException">It is no recording, or one of a later version.</exception>
    public static DateTimeOffset ReadHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < HeaderLength || !header.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(header[28..]) != Crc(header[..28], 0))
            throw new InvalidDataException("the file is no recording");
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) is not Version and var version) throw new InvalidDataException($"the recording is of version {version}; {Version} is understood");
        return DateTimeOffset.UnixEpoch.AddTicks(BinaryPrimitives.ReadInt64LittleEndian(header[12..]) * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>Writes the head of a record before its payload.</summary>
    public static void WriteHead(RecordKind kind, TimeSpan at, Span<byte> record)
    {
        record[..HeadLength].Clear();
        record[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], record.Length - HeadLength);
        BinaryPrimitives.WriteInt64LittleEndian(record[8..], at.Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteUInt32LittleEndian(record[16..], Crc(record[HeadLength..], Crc(record[..16], 0)));
    }

    /// <summary>CRC-32C (Castagnoli), which processors compute.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes, uint before)
    {
        var crc = ~before;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes)) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var one in bytes[(bytes.Length & ~7)..]) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }
}

/// <summary>Head of a record.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordHead(RecordKind Kind, int Length, TimeSpan At, uint Crc)
{
    /// <summary>Null when the bytes are no head.</summary>
    public static RecordHead? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < RecordingFormat.HeadLength) return null;
        var (kind, length, time) = ((RecordKind)bytes[0], BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
        if (kind is < RecordKind.Keyframe or > RecordKind.Index || (bytes[1] | bytes[2] | bytes[3]) != 0) return null;
        if (length is < 0 or > RecordingFormat.LongestPayload || time < 0 || time > TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond) return null;
        return new(kind, length, TimeSpan.FromTicks(time * TimeSpan.TicksPerMicrosecond), BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]));
    }
}

/// <summary>A keyframe or a gap: where it is.</summary>
internal sealed record RecordingMark(RecordKind Kind, TimeSpan At, long Offset, int Width, int Height);
