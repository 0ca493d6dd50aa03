using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>
/// Ports of the host that forwards want. VirtualBox starts a machine also where it cannot have them, and only notes it in its log:
/// so it is asked before.
/// </summary>
internal static class HostPorts
{
    /// <summary>Insists on ports that nobody on this machine has.</summary>
    /// <exception cref="HypervisorException">Busy, naming the port.</exception>
    internal static void InsistOnFree(IEnumerable<PortForward> forwards)
    {
        foreach (var forward in forwards)
        {
            try
            {
                using var socket = forward.Protocol == "tcp"
                    ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                    : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(forward.HostAddress), forward.HostPort));
            }
            catch (SocketException e)
            {
                throw Taken(forward, e.Message);
            }
        }
    }

    /// <summary>Insists on ports that a running machine does not forward already.</summary>
    /// <exception cref="HypervisorException">Busy, naming the port.</exception>
    internal static void InsistOnFree(IEnumerable<PortForward> forwards, VmInfo other)
    {
        foreach (var rule in other.Forwards.Select(r => r.Split(',')).Where(r => r.Length == 6))
        {
            foreach (var forward in forwards)
            {
                if (rule[1] == forward.Protocol && rule[3] == forward.HostPort.ToString(CultureInfo.InvariantCulture)
                    && (rule[2] == forward.HostAddress || rule[2] is "" or "0.0.0.0" || forward.HostAddress == "0.0.0.0"))
                {
                    throw Taken(forward, $"{other.Name} has it");
                }
            }
        }
    }

    private static HypervisorException Taken(PortForward forward, string why) => new(HypervisorErrorKind.Busy,
        string.Create(CultureInfo.InvariantCulture, $"port {forward.HostPort}/{forward.Protocol} of {forward.HostAddress} is taken: {why}"));
}
