using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Proxmox.Consoles;

/// <summary>The viewer's side of RFB 3.8 up to the end of VNC authentication (RFC 6143, 7.1 and 7.2.2).</summary>
internal static class RfbGreeting
{
    private const byte VncAuthentication = 2;

    /// <summary>Logs in with a password, of which eight characters count.</summary>
    /// <exception cref="IOException">The other side is no such server, or refuses.</exception>
    internal static async Task LogInAsync(Stream server, string password, CancellationToken cancellation)
    {
        var version = await ReadAsync(server, 12, cancellation);
        if (!version.AsSpan().StartsWith("RFB 003.00"u8)) throw new IOException("the screen does not speak RFB");
        await server.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        var types = await ReadAsync(server, (await ReadAsync(server, 1, cancellation))[0], cancellation);
        if (types.Contains((byte)1))
        {
            await server.WriteAsync((byte[])[1], cancellation);
        }
        else if (types.Contains(VncAuthentication))
        {
            await server.WriteAsync((byte[])[VncAuthentication], cancellation);
            await server.WriteAsync(Answer(await ReadAsync(server, 16, cancellation), password), cancellation);
        }
        else
        {
            throw new IOException("the screen offers no security type that is known here");
        }

        if ((await ReadAsync(server, 4, cancellation)).Any(b => b != 0)) throw new IOException("the screen does not take its password");
    }

    /// <summary>The challenge under DES with the password as the key, the bits of each of its bytes mirrored.</summary>
    internal static byte[] Answer(byte[] challenge, string password)
    {
        var key = new byte[8];
        Encoding.ASCII.GetBytes(password.AsSpan(0, Math.Min(8, password.Length)), key);
        for (var i = 0; i < key.Length; i++)
        {
            var mirrored = 0;
            for (var bit = 0; bit < 8; bit++) mirrored |= ((key[i] >> bit) & 1) << (7 - bit);
            key[i] = (byte)mirrored;
        }

        // The protocol's own cipher, over TLS; it protects nothing here.
#pragma warning disable CA5351, SYSLIB0021
        using var des = DES.Create();
#pragma warning restore CA5351, SYSLIB0021
        des.Key = key;
#pragma warning disable CA5358
        return des.EncryptEcb(challenge, PaddingMode.None);
#pragma warning restore CA5358
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
