using System.Buffers.Binary;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Encodings of rectangles (RFC 6143, 7.7 and 7.8; the rfbproto registry for those beyond it).</summary>
internal static class Encodings
{
    public const int Raw = 0;
    public const int CopyRect = 1;
    public const int Tight = 7;
    public const int DesktopSize = -223;
    public const int Cursor = -239;
    public const int QemuExtendedKey = -258;
    public const int DesktopName = -307;
    public const int ExtendedDesktopSize = -308;
    public const int Fence = -312;
    public const int ContinuousUpdates = -313;
    public const int ExtendedClipboard = unchecked((int)0xC0A1E5CE);
}

/// <summary>Messages of a viewer (RFC 6143, 7.5; rfbproto for those beyond it).</summary>
internal static class ViewerMessage
{
    public const byte SetPixelFormat = 0;
    public const byte SetEncodings = 2;
    public const byte UpdateRequest = 3;
    public const byte Key = 4;
    public const byte Pointer = 5;
    public const byte CutText = 6;
    public const byte ContinuousUpdates = 150;
    public const byte Fence = 248;
    public const byte Xvp = 250;
    public const byte SetDesktopSize = 251;
    public const byte Qemu = 255;
}

/// <summary>Messages of a machine's screen (RFC 6143, 7.6).</summary>
internal static class ScreenMessage
{
    public const byte Update = 0;
    public const byte ColourMap = 1;
    public const byte Bell = 2;
    public const byte CutText = 3;
    public const byte EndOfContinuousUpdates = 150;
    public const byte Fence = 248;
}

/// <summary>Fences (rfbproto, ServerFence and ClientFence: the same form in both directions).</summary>
internal static class Fences
{
    public const uint BlockBefore = 1;
    public const uint BlockAfter = 2;
    public const uint Request = 1u << 31;

    /// <summary>Longest payload, bytes.</summary>
    public const int Longest = 64;

    public static byte[] Message(uint flags, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[9 + payload.Length];
        bytes[0] = ScreenMessage.Fence;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), flags);
        bytes[8] = (byte)payload.Length;
        payload.CopyTo(bytes.AsSpan(9));
        return bytes;
    }
}

/// <summary>What becomes of a viewer's wish for another size (rfbproto, ExtendedDesktopSize: status codes).</summary>
internal static class SizeStatus
{
    public const int Prohibited = 1;
    public const int Invalid = 3;
    public const int PassedOn = 4;
}
