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
}
