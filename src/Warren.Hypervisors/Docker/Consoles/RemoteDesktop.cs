using System.Net.Sockets;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// Whether a remote desktop answers: a connection request is sent as a client's first packet and the confirmation awaited
/// ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: TPKT header by RFC 1006, X.224 by RFC 905). That a port accepts proves nothing here,
/// because the engine's proxy accepts for every published port.
/// </summary>
internal static class RemoteDesktop
{
    private const byte TpktVersion = 3, ConnectionConfirm = 0xD0;

    // TPKT: version 3, length 19. X.224: length 14, connection request, no references, class 0. Negotiation request (type 1,
    // length 8) for TLS and CredSSP (flags 1 | 2): servers with network level authentication answer nothing to less.
    private static readonly byte[] s_request = [3, 0, 0, 19, 14, 0xE0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];

    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(3);

    internal static async Task<bool> AnswersAsync(string host, int port, TimeProvider clock, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, either.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(s_request, either.Token);
            // TPKT (4 bytes), length indicator, and the code of the X.224 packet.
            var answer = new byte[6];
            await stream.ReadExactlyAsync(answer, either.Token);
            return answer[0] == TpktVersion && (answer[5] & 0xF0) == ConnectionConfirm;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }
}
