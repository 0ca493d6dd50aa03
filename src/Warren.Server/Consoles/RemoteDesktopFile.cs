using System.Globalization;

namespace Warren.Server.Consoles;

/// <summary>
/// A file that remote desktop clients open: a setting a line, <c>name:type:value</c> (Microsoft, "Supported RDP properties"). Nothing in
/// it comes from a user but a number, so that nobody can put a line of his own into another's file.
/// </summary>
internal static class RemoteDesktopFile
{
    public const string ContentType = "application/x-rdp";

    /// <summary>Where the tunnel listens unless told: not 3389, which on Windows is the computer's own.</summary>
    public const int UsualPort = 13389;

    public static string Write(int localPort) => string.Join("\r\n",
    [
        string.Create(CultureInfo.InvariantCulture, $"full address:s:127.0.0.1:{localPort}"),
        "prompt for credentials:i:1",
        // The way is the tunnel's, which has its own door; the name in the guest's certificate is never 127.0.0.1, so the user is asked.
        "authentication level:i:2",
        // What is not needed to see the desktop stays here.
        "redirectdrives:i:0",
        "redirectprinters:i:0",
        "redirectcomports:i:0",
        "redirectsmartcards:i:0",
        "",
    ]);
}
