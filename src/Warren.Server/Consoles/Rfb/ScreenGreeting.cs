using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Warren.Server.Consoles.Rfb;

/// <summary>What a machine's screen says of itself at first.</summary>
internal sealed record ScreenGreeting(int Width, int Height, string Name)
{
    /// <summary>Longest name or reason that is kept, bytes.</summary>
    public const int LongestName = 4096;

    private const byte None = 1;

    /// <summary>The viewer's side of RFC 6143, 7.1 to 7.3, with the security type None; 3.3 and 3.7 are understood, too.</summary>
    /// <exception cref="RfbException">The other side speaks no RFB, or wants a password.</exception>
    public static async Task<ScreenGreeting> GreetAsync(RfbReader from, Stream to, CancellationToken cancellation)
    {
        var minor = MinorOf((await from.TakeAsync(12, cancellation)).Span);
        await to.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"RFB 003.{minor:000}\n")), cancellation);
        if (minor == 3)
        {
            if (await from.IntAsync(cancellation) != None) throw new RfbException("the screen wants a password");
        }
        else
        {
            var count = await from.ByteAsync(cancellation);
            if (count == 0) throw new RfbException("the screen refuses: " + await TextAsync(from, cancellation));
            if (!(await from.TakeAsync(count, cancellation)).Span.Contains(None)) throw new RfbException("the screen wants a password");
            await to.WriteAsync((byte[])[None], cancellation);
            if (minor == 8 && await from.IntAsync(cancellation) != 0) throw new RfbException("the screen refuses: " + await TextAsync(from, cancellation));
        }

        // Shared: others may look, too.
        await to.WriteAsync((byte[])[1], cancellation);
        var init = await from.TakeAsync(4 + PixelFormat.Length, cancellation);
        var (width, height) = (BinaryPrimitives.ReadUInt16BigEndian(init.Span), BinaryPrimitives.ReadUInt16BigEndian(init.Span[2..]));
        return new ScreenGreeting(width, height, await TextAsync(from, cancellation));
    }

    /// <summary>A text with its length before it, cut to what is kept.</summary>
    public static async Task<string> TextAsync(RfbReader from, CancellationToken cancellation)
    {
        var length = await from.IntAsync(cancellation);
        if (length > Messages.LongestText) throw new RfbException($"a text of {length} bytes is too long");
        var kept = (int)Math.Min(length, LongestName);
        var text = Encoding.UTF8.GetString((await from.TakeAsync(kept, cancellation)).Span);
        await from.SkipAsync(length - kept, cancellation);
        return text;
    }

    private static int MinorOf(ReadOnlySpan<byte> version)
    {
        if (!version.StartsWith("RFB 003."u8) || version[11] != '\n' || !int.TryParse(version[8..11], CultureInfo.InvariantCulture, out var minor))
            throw new RfbException("what answers is no screen: it does not begin with RFB 003.");
        return minor >= 8 ? 8 : minor == 7 ? 7 : 3;
    }
}
