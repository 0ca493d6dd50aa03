using System.Collections.Frozen;

namespace Warren.Server.Vagrant;

/// <summary>Boxes and container images of the distributions in our catalogue. Only what is published under that name for every provider that it is given for.</summary>
internal static class Boxes
{
    private static readonly FrozenDictionary<string, (string? Box, string Container)> s_known = new Dictionary<string, (string?, string)>(StringComparer.Ordinal)
    {
        ["debian-12"] = ("generic/debian12", "debian:12"),
        ["debian-12-cloud"] = ("generic/debian12", "debian:12"),
        ["debian-13"] = (null, "debian:13"),
        ["ubuntu-20.04"] = ("generic/ubuntu2004", "ubuntu:20.04"),
        ["ubuntu-22.04"] = ("generic/ubuntu2204", "ubuntu:22.04"),
        ["ubuntu-24.04"] = ("bento/ubuntu-24.04", "ubuntu:24.04"),
        ["fedora"] = (null, "fedora:latest"),
        ["arch"] = ("generic/arch", "archlinux:latest"),
        ["alpine"] = (null, "alpine:latest"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The box for an image; null where none is known.</summary>
    public static string? For(string hypervisor, string? image)
    {
        if (image is null || !s_known.TryGetValue(image, out var known)) return null;
        return hypervisor switch
        {
            "docker" => known.Container,
            "proxmox" or "wsl" => null,
            // bento's are for VirtualBox first; generic's are built for all three.
            "virtualbox" => known.Box,
            _ => known.Box?.StartsWith("generic/", StringComparison.Ordinal) == true ? known.Box : null,
        };
    }
}
