using System.Buffers.Binary;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>Lets a VNC viewer of this machine in, by password, to a machine's screen on the server.</summary>
internal sealed class VncDoor(Invocation call, string machine, bool viewOnly, string password)
{
    private const byte None = 1;
    private const byte ByPassword = 2;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>The result, and its reason with its length before it.</summary>
    private static readonly byte[] s_wrong = [0, 0, 0, 14, .. "wrong password"u8];

    /// <summary>Serves one viewer until it or the screen ends.</summary>
    public async Task ServeAsync(Socket client, CancellationToken cancellation)
    {
        await using var viewer = new NetworkStream(client, ownsSocket: true);
        try
        {
            if (!await AdmitAsync(viewer, cancellation).WaitAsync(s_patience, call.Around.Time, cancellation))
            {
                call.Screen.Hint("A viewer came with a wrong password.");
                return;
            }

            using var socket = await call.Client.OpenScreenAsync(machine, viewOnly, cancellation);
            await using var screen = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
            await GreetAsync(screen, cancellation);
            // From here on the two speak with each other.
            await Task.WhenAny(viewer.CopyToAsync(screen, cancellation), screen.CopyToAsync(viewer, cancellation));
        }
        catch (Exception e) when (e is WarrenException or WarrenUnreachableException)
        {
            call.Screen.Hint($"A viewer could not be let in: {e.Message}");
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or TimeoutException or NotSupportedException)
        {
            // One of them has gone.
        }
    }

    /// <summary>The screen's side of RFC 6143, 7.1 and 7.2.</summary>
    private async Task<bool> AdmitAsync(NetworkStream viewer, CancellationToken cancellation)
    {
        await viewer.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        var version = Encoding.ASCII.GetString(await ReadAsync(viewer, 12, cancellation));
        if (!version.StartsWith("RFB 003.", StringComparison.Ordinal)) return false;
        if (version is "RFB 003.007\n" or "RFB 003.008\n")
        {
            await viewer.WriteAsync((byte[])[1, ByPassword], cancellation);
            if ((await ReadAsync(viewer, 1, cancellation))[0] != ByPassword) return false;
        }
        else
        {
            await viewer.WriteAsync((byte[])[0, 0, 0, ByPassword], cancellation);
        }

        var challenge = RandomNumberGenerator.GetBytes(VncPassword.Length);
        await viewer.WriteAsync(challenge, cancellation);
        var answer = await ReadAsync(viewer, VncPassword.Length, cancellation);
        var accepted = VncPassword.Accepts(password, challenge, answer);
        await viewer.WriteAsync((byte[])[0, 0, 0, accepted ? (byte)0 : (byte)1], cancellation);
        if (!accepted && version is "RFB 003.008\n") await viewer.WriteAsync(s_wrong, cancellation);
        return accepted;
    }

    /// <summary>The viewer's side of the same, up to where the viewer itself goes on.</summary>
    private static async Task GreetAsync(Stream screen, CancellationToken cancellation)
    {
        await ReadAsync(screen, 12, cancellation);
        await screen.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        await ReadAsync(screen, (await ReadAsync(screen, 1, cancellation))[0], cancellation);
        await screen.WriteAsync((byte[])[None], cancellation);
        if (BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(screen, 4, cancellation)) != 0) throw new IOException("the server refused the screen");
    }

    private static async Task<byte[]> ReadAsync(Stream from, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await from.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
