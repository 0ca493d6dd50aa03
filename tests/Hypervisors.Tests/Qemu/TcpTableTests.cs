using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>Connections as /proc/net/tcp and tcp6 of Linux 6.1 told them.</summary>
public sealed class TcpTableTests
{
    // A listener on 22001; two connections to it, from an IPv4 socket and from one for both; one that is closing; one of somebody else's.
    private static readonly string[] s_recorded =
    [
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0100007F:55F1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000000000000000 100 0 0 10 0",
        "   1: 0100007F:55F1 0100007F:B6A0 01 00000000:00000000 00:00000000 00000000     0        0 1002 1 0000000000000000 20 4 30 10 -1",
        "   2: 0100007F:B6A0 0100007F:55F1 01 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000000000000000 20 4 30 10 -1",
        "   3: 0100007F:55F1 0100007F:B6A2 01 00000000:00000000 00:00000000 00000000     0        0 1004 1 0000000000000000 20 4 30 10 -1",
        "   4: 0100007F:55F1 0100007F:B6A4 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0000000000000000",
        "   5: 0100007F:0016 0100007F:B6A6 01 00000000:00000000 00:00000000 00000000     0        0 1006 1 0000000000000000 20 4 30 10 -1",
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
        "   0: 0000000000000000FFFF00000100007F:B6A2 0000000000000000FFFF00000100007F:55F1 01 00000000:00000000 00:00000000 00000000     0        0 1005 1 0000000000000000 20 4 30 10 -1",
        "half a line",
    ];

    [Theory]
    [InlineData(2)]
    [InlineData(1, 1003L)]
    [InlineData(1, 1005L)]
    [InlineData(0, 1003L, 1005L)]
    [InlineData(2, 1002L)]
    public void Established_connections_are_counted_by_their_local_port_without_our_own(int expected, params long[] own)
    {
        var ports = TcpTable.Parse(s_recorded).ByPort(() => own.ToHashSet());
        ports.GetValueOrDefault(22001).ShouldBe(expected);
        ports[22].ShouldBe(1);
        ports.ContainsKey(0).ShouldBeFalse();
    }

    [Fact]
    public void This_hosts_own_tables_can_be_read()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new System.Net.Sockets.TcpClient("127.0.0.1", port);
        using var server = listener.AcceptTcpClient();
        TcpTable.Read().ByPort(() => new HashSet<long>())[port].ShouldBe(1);
        TcpTable.Read().ByPort(TcpTable.OwnSockets).ContainsKey(port).ShouldBeFalse("both ends are ours");
    }
}
