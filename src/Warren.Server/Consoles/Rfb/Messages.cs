using System.Buffers;
using System.Buffers.Binary;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Messages as bytes, in both directions.</summary>
internal static class Messages
{
    /// <summary>Longest text that is taken from either side, bytes.</summary>
    public const int LongestText = 1 << 20;

    /// <summary>The head of an update (RFC 6143, 7.6.1).</summary>
    public static void WriteUpdateHead(int rectangles, IBufferWriter<byte> to)
    {
        var head = to.GetSpan(4);
        (head[0], head[1]) = (ScreenMessage.Update, 0);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)rectangles);
        to.Advance(4);
    }

    /// <summary>The answer to a wish for another size (rfbproto, ExtendedDesktopSize with x = 1): an update that tells the size as it is.</summary>
    /// <param name="status">What becomes of the wish: 1 prohibited, 3 the size cannot be, 4 passed on.</param>
    /// <param name="width">Width that the viewer was told last.</param>
    /// <param name="height">Its height.</param>
    /// <param name="screen">The screen's id.</param>
    public static byte[] SizeAnswer(byte status, int width, int height, uint screen)
    {
        var bytes = new byte[4 + 12 + 4 + 16];
        (bytes[0], bytes[3], bytes[5], bytes[7]) = (ScreenMessage.Update, 1, 1, status);
        var rest = bytes.AsSpan(8);
        BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)height);
        BinaryPrimitives.WriteInt32BigEndian(rest[4..], Encodings.ExtendedDesktopSize);
        rest[8] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(rest[12..], screen);
        BinaryPrimitives.WriteUInt16BigEndian(rest[20..], (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(rest[22..], (ushort)height);
        return bytes;
    }

    public static byte[] UpdateRequest(bool incremental, int width, int height)
    {
        var bytes = new byte[10];
        (bytes[0], bytes[1]) = (ViewerMessage.UpdateRequest, incremental ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), (ushort)height);
        return bytes;
    }

    public static byte[] SetPixelFormat(PixelFormat format)
    {
        var bytes = new byte[4 + PixelFormat.Length];
        bytes[0] = ViewerMessage.SetPixelFormat;
        format.Write(bytes.AsSpan(4));
        return bytes;
    }

    public static byte[] SetEncodings(params ReadOnlySpan<int> encodings)
    {
        var bytes = new byte[4 + encodings.Length * 4];
        bytes[0] = ViewerMessage.SetEncodings;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)encodings.Length);
        for (var i = 0; i < encodings.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + i * 4), encodings[i]);
        return bytes;
    }

    public static byte[] Key(uint symbol, bool down)
    {
        var bytes = new byte[8];
        (bytes[0], bytes[1]) = (ViewerMessage.Key, down ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), symbol);
        return bytes;
    }

    /// <summary>A key by its place on the keyboard (rfbproto, QEMU Extended Key Event Message).</summary>
    public static byte[] QemuKey(uint symbol, uint scanCode, bool down)
    {
        var bytes = new byte[12];
        (bytes[0], bytes[1], bytes[3]) = (ViewerMessage.Qemu, 0, down ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), symbol);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), scanCode);
        return bytes;
    }

    public static byte[] Pointer(byte buttons, int x, int y)
    {
        var bytes = new byte[6];
        (bytes[0], bytes[1]) = (ViewerMessage.Pointer, buttons);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)x);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)y);
        return bytes;
    }

    /// <summary>Text of a clipboard: the same form in both directions, only the kind differs (RFC 6143, 7.5.6 and 7.6.4).</summary>
    public static byte[] CutText(byte kind, ReadOnlySpan<byte> text)
    {
        var bytes = new byte[8 + text.Length];
        bytes[0] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), (uint)text.Length);
        text.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    /// <summary>Another size of the screen (rfbproto, SetDesktopSize): one screen that is all of it.</summary>
    public static byte[] SetDesktopSize(int width, int height, uint screen)
    {
        var bytes = new byte[24];
        (bytes[0], bytes[6]) = (ViewerMessage.SetDesktopSize, 1);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)height);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), screen);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(16), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(18), (ushort)height);
        return bytes;
    }
}
