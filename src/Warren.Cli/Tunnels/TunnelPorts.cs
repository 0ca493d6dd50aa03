using System.Globalization;
using Warren.Contracts;

namespace Warren.Cli.Tunnels;

/// <summary>One tunnel as the user writes it: <c>[LOCAL:]PORT</c>; without LOCAL any free port of 127.0.0.1.</summary>
internal sealed record TunnelPorts(int Local, int Guest)
{
    public static TunnelPorts Parse(string text) => text.Split(':') switch
    {
        [var guest] => new TunnelPorts(0, Port(guest, text)),
        [var local, var guest] => new TunnelPorts(Port(local, text), Port(guest, text)),
        _ => throw Wrong(text),
    };

    private static int Port(string digits, string text)
        => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : throw Wrong(text);

    private static WarrenException Wrong(string text) => Refusal.Invalid("PORT", $"'{text}' is not a port: write PORT or LOCAL:PORT with numbers from 1 to 65535");
}
