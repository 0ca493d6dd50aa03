using System.Buffers.Binary;
using System.Text;

namespace Warren.Server.Consoles.Rfb;

/// <summary>How a viewer is received: the screen's side of RFC 6143, 7.1 to 7.3, without a password, because it was admitted before.</summary>
internal static class ViewerGreeting
{
    private const byte None = 1;

    /// <summary>Offers 3.8, takes 3.3 and 3.7 (RFC 6143, 7.1.1: whatever else is told is taken as 3.3).</summary>
    public static async Task ReceiveAsync(RfbReader from, Stream to, CancellationToken cancellation)
    {
        await to.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        await to.FlushAsync(cancellation);
        var version = Encoding.ASCII.GetString((await from.TakeAsync(12, cancellation)).Span);
        if (!version.StartsWith("RFB 003.", StringComparison.Ordinal)) throw new RfbException("what connected is no viewer");
        if (version is not ("RFB 003.008\n" or "RFB 003.007\n"))
        {
            await to.WriteAsync((byte[])[0, 0, 0, None], cancellation);
        }
        else
        {
            await to.WriteAsync((byte[])[1, None], cancellation);
            await to.FlushAsync(cancellation);
            if (await from.ByteAsync(cancellation) != None) throw new RfbException("the viewer chose a security type that was not offered");
            if (version is "RFB 003.008\n") await to.WriteAsync(new byte[4], cancellation);
        }

        await to.FlushAsync(cancellation);
        // Whether it would share: everybody does.
        await from.ByteAsync(cancellation);
    }

    /// <summary>The last message of the greeting.</summary>
    public static byte[] Init(int width, int height, string name)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var bytes = new byte[8 + PixelFormat.Length + text.Length];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)height);
        PixelFormat.Native.Write(bytes.AsSpan(4));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 + PixelFormat.Length), (uint)text.Length);
        text.CopyTo(bytes.AsSpan(8 + PixelFormat.Length));
        return bytes;
    }
}
