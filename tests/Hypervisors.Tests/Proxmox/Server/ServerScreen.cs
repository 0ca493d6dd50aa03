using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>The server's side of a machine's screen: RFB 3.8 with VNC authentication, one grey picture, and keys.</summary>
internal static class ServerScreen
{
    private const int Width = 64, Height = 48;

    internal static async Task ServeAsync(WebSocket socket, string password, CancellationToken run)
    {
        var line = new Buffered(socket, run);
        await line.WriteAsync("RFB 003.008\n"u8.ToArray());
        await line.ReadAsync(12);
        await line.WriteAsync([1, 2]);
        if ((await line.ReadAsync(1))[0] != 2) return;
        var challenge = RandomNumberGenerator.GetBytes(16);
        await line.WriteAsync(challenge);
        if (!(await line.ReadAsync(16)).AsSpan().SequenceEqual(Expected(challenge, password)))
        {
            await line.WriteAsync([0, 0, 0, 1, 0, 0, 0, 0]);
            return;
        }

        await line.WriteAsync(new byte[4]);
        await line.ReadAsync(1);
        await line.WriteAsync([0, Width, 0, Height, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 4, .. "QEMU"u8]);
        while (true)
        {
            switch ((await line.ReadAsync(1))[0])
            {
                case 0:
                    await line.ReadAsync(19);
                    break;
                case 2:
                    var count = await line.ReadAsync(3);
                    await line.ReadAsync(4 * ((count[1] << 8) | count[2]));
                    break;
                case 3:
                    await line.ReadAsync(9);
                    await line.WriteAsync([0, 0, 0, 1, 0, 0, 0, 0, 0, Width, 0, Height, 0, 0, 0, 0, .. Enumerable.Repeat((byte)128, Width * Height * 4)]);
                    break;
                case 4:
                    await line.ReadAsync(7);
                    break;
                case 5:
                    await line.ReadAsync(5);
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>RFC 6143, 7.2.2, and its erratum on the order of bits.</summary>
    private static byte[] Expected(byte[] challenge, string password)
    {
        var key = Encoding.ASCII.GetBytes(password.PadRight(8, '\0')[..8]).Select(b => (byte)(((b * 0x0202020202UL) & 0x010884422010UL) % 1023)).ToArray();
#pragma warning disable CA5351, CA5358 // The protocol's own cipher.
        using var des = DES.Create();
        des.Key = key;
        return des.EncryptEcb(challenge, PaddingMode.None);
#pragma warning restore CA5351, CA5358
    }

    private sealed class Buffered(WebSocket socket, CancellationToken run)
    {
        private readonly List<byte> _read = [];

        internal async Task<byte[]> ReadAsync(int count)
        {
            var part = new byte[4096];
            while (_read.Count < count)
            {
                var received = await socket.ReceiveAsync(part.AsMemory(), run);
                if (received.MessageType == WebSocketMessageType.Close) throw new EndOfStreamException();
                _read.AddRange(part.AsSpan(0, received.Count));
            }

            var result = _read.Take(count).ToArray();
            _read.RemoveRange(0, count);
            return result;
        }

        internal Task WriteAsync(byte[] bytes) => socket.SendAsync(bytes, WebSocketMessageType.Binary, true, run);
    }
}
