using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Warren.Server.Consoles.Rfb;

/// <summary>
/// Clipboards in UTF-8 (rfbproto, Extended Clipboard Pseudo-Encoding): CutText messages with a negative length, which begin with flags.
/// Who has copied notifies, the other requests, and is provided.
/// </summary>
internal static class ExtendedClipboard
{
    public const uint Text = 1;
    public const uint Caps = 1 << 24;
    public const uint Request = 1 << 25;
    public const uint Peek = 1 << 26;
    public const uint Notify = 1 << 27;
    public const uint Provide = 1 << 28;

    /// <summary>What is understood here: text, up to our longest without being asked.</summary>
    public static byte[] OurCaps() => Of(Caps | Request | Peek | Notify | Provide | Text, Number(Messages.LongestText));

    /// <summary>Says that there is a text to be had, or that there is none.</summary>
    public static byte[] Notice(bool text) => Of(Notify | (text ? Text : 0), []);

    /// <summary>Asks for the text.</summary>
    public static byte[] Question() => Of(Request | Text, []);

    /// <summary>Sends the text.</summary>
    public static byte[] Answer(string text)
    {
        // The lines end with both and the text with a zero, as the protocol demands.
        var bytes = Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal) + "\0");
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(Number((uint)bytes.Length));
            zlib.Write(bytes);
        }

        return Of(Provide | Text, packed.ToArray());
    }

    /// <summary>The text that was provided; null when it is longer than is taken.</summary>
    /// <exception cref="RfbException">It is none.</exception>
    public static string? TextOf(byte[] packed)
    {
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
            var head = new byte[4];
            zlib.ReadExactly(head);
            var length = BinaryPrimitives.ReadUInt32BigEndian(head);
            // Its lines end with one byte more than they do here, and so does the text.
            if (length > 2 * Messages.LongestText + 1) return null;
            var bytes = new byte[length];
            zlib.ReadExactly(bytes);
            var text = Encoding.UTF8.GetString(bytes.AsSpan().TrimEnd((byte)0)).Replace("\r\n", "\n", StringComparison.Ordinal);
            return Encoding.UTF8.GetByteCount(text) <= Messages.LongestText ? text : null;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new RfbException("a clipboard that cannot be unpacked");
        }
    }

    private static byte[] Of(uint flags, ReadOnlySpan<byte> data)
    {
        var bytes = new byte[12 + data.Length];
        bytes[0] = ScreenMessage.CutText;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), -(4 + data.Length));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), flags);
        data.CopyTo(bytes.AsSpan(12));
        return bytes;
    }

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
