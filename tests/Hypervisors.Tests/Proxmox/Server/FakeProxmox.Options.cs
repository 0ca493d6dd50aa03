using Warren.Hypervisors.Proxmox;

namespace Hypervisors.Tests.Proxmox.Server;

internal sealed partial class FakeProxmox
{
    /// <summary>How a driver reaches it: by a token, trusting this certificate alone.</summary>
    internal ProxmoxOptions Options(params string[] nodes) => new()
    {
        Address = Address,
        Folder = Path.Combine(Folder, "driver"),
        Nodes = nodes,
        Token = Token,
        Fingerprint = Fingerprint,
        Timeout = TimeSpan.FromSeconds(10),
        TaskTimeout = TimeSpan.FromSeconds(60),
        Poll = TimeSpan.FromMilliseconds(20),
    };
}
