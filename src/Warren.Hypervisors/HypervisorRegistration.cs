using Warren.Hypervisors.Docker;
using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Proxmox;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.VirtualBox;

namespace Warren.Hypervisors;

/// <summary>The one list of drivers. A new driver is a folder and a line here.</summary>
public static class HypervisorRegistration
{
    /// <summary>Every kind, in the order in which they are shown.</summary>
    public static IReadOnlyList<HypervisorKind> Kinds { get; } =
    [
        QemuKind.Kind,
        LibvirtKind.Kind,
        DockerKind.Kind,
        ProxmoxKind.Kind,
        VirtualBoxKind.Kind,
        FakeKind.Kind,
    ];

    /// <summary>The kind of a name.</summary>
    /// <exception cref="HypervisorException">Unsupported when there is no such driver.</exception>
    public static HypervisorKind Find(string name) => Kinds.FirstOrDefault(k => k.Name == name)
        ?? throw new HypervisorException(HypervisorErrorKind.Unsupported,
            $"there is no driver {name}; known: {string.Join(", ", Kinds.Select(k => k.Name))}");
}
