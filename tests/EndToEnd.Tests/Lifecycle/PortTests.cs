using System.Net;
using System.Net.Sockets;
using System.Text;
using EndToEnd.Tests.Running;
using EndToEnd.Tests.Tunnels;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>Ports of a real guest by the command line, those that nothing is forwarded to among them.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class PortTests(LifecycleBed bed)
{
    [Fact]
    public async Task Any_port_of_a_guest_is_reached_ssh_needs_no_forward_and_a_closed_one_says_so()
    {
        await bed.LaunchAsync("ported");
        await bed.Bed.Warren.RunAsync("wait", "ported", "--for", "ssh");
        (await bed.Bed.Warren.RunAsync("ssh", "--tunnel", "ported", "--", "hostname")).ShouldBe("ported\n");

        var closed = await bed.Bed.Warren.TryAsync("tunnel", "--stdio", "ported", "8081");
        (closed.ExitCode, closed.Error.Trim()).ShouldBe((6, "warren: Nobody listens on port 8081 of ported."));

        // Another SSH server, on a port that nothing is forwarded to.
        await bed.Bed.Warren.RunAsync("ssh", "ported", "--", "dropbear", "-R", "-p", "8081");
        await using var tunnel = new WarrenInBackground(bed.Bed.Data, "tunnel", "ported", "8081");
        var address = IPEndPoint.Parse((await tunnel.FirstLineAsync()).Split(' ')[0]);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(address);
            using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
            (await reader.ReadLineAsync()).ShouldNotBeNull().ShouldStartWith("SSH-2.0-");
        }

        // Emulated ciphers are slow; the long suites copy a hundred megabytes to a larger guest.
        TestContext.Current.SendDiagnosticMessage(await Scp.CompareAsync(bed.Bed, "ported", 8));
        await bed.Bed.Warren.RunAsync("delete", "ported");
    }
}
