using System.Globalization;
using Warren.Contracts;

namespace Warren.Cli.Arguments;

/// <summary>Port forwards: <c>[HOST:]GUEST[/udp]</c>.</summary>
internal static class Forwards
{
    public static ForwardRequest Parse(string text)
    {
        var (ports, protocol) = text.Split('/') switch
        {
            [var both] => (both, "tcp"),
            [var both, "tcp" or "udp"] and [_, var named] => (both, named),
            _ => throw Wrong(text),
        };
        return ports.Split(':') switch
        {
            [var guest] => new ForwardRequest { GuestPort = Port(guest, text), Protocol = protocol },
            [var host, var guest] => new ForwardRequest { HostPort = Port(host, text), GuestPort = Port(guest, text), Protocol = protocol },
            _ => throw Wrong(text),
        };
    }

    private static int Port(string digits, string text)
        => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : throw Wrong(text);

    private static WarrenException Wrong(string text)
        => Refusal.Invalid("--forward", $"'{text}' is not a forward: write GUEST, HOST:GUEST or HOST:GUEST/udp with ports from 1 to 65535");
}
