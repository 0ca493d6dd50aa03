using Warren.Contracts;
using Warren.Server.Templates;
using Warren.Server.Templates.CloudConfig;

namespace Warren.Server.Vagrant;

/// <summary>Plans from what Warren knows.</summary>
internal static class VagrantPlans
{
    /// <summary>From a template. Its steps stay steps; its cloud-config is given to the guest's cloud-init before them.</summary>
    public static VagrantPlan Of(string reference, TemplateText text, string user)
    {
        var machine = TemplateRenderer.MachineName(text, user) ?? text.Name;
        var launch = TemplateRenderer.Render(text with { Steps = [] }, user, machine);
        var provisioners = TemplateRenderer.Steps(text, user, machine).Select(GuestScripts.Step).ToList();
        if (launch.UserData is { } data)
        {
            provisioners.Insert(0, CloudConfigCheck.Is(data)
                ? GuestScripts.CloudConfig(data.EndsWith('\n') ? data : data + "\n", machine)
                : new Provisioner("user-data", data.EndsWith('\n') ? data : data + "\n"));
        }

        return new VagrantPlan
        {
            Name = machine,
            Source = $"Template {reference}",
            Box = launch.Image ?? "",
            MemoryMiB = launch.MemoryMiB,
            Cpus = launch.Cpus,
            DiskGiB = launch.DiskGiB,
            Uefi = launch.Firmware == MachineFirmware.Uefi,
            VirtioVideo = launch.Video == MachineVideo.Virtio,
            DataDisks = Sizes(launch.DataDisks),
            Forwards = Ports(launch.Forwards.Select(f => new Forward(f.Protocol, "127.0.0.1", f.HostPort ?? 0, f.GuestPort))),
            Provisioners = provisioners,
            Notes = [.. Left(launch.GoldenImage, launch.Network, launch.DataDisks),
                .. launch.Keys.Count > 0 ? (string[])["SSH keys: Vagrant makes its own."] : [],
                .. launch.NetworkMode is not null || launch.Egress.Count > 0 ? (string[])["Confinement: Vagrant does not limit what guests reach."] : [],
                .. launch.NetworkMbps is not null || launch.DiskMiBps is not null || launch.DiskIops is not null ? (string[])["Limits of network and disks: Vagrant has none."] : []],
        };
    }

    /// <summary>From a machine.</summary>
    public static VagrantPlan Of(Machine machine) => new()
    {
        Name = machine.Name,
        Source = $"Machine {machine.Name}",
        Box = machine.Image ?? "",
        MemoryMiB = machine.Spec.MemoryMiB,
        Cpus = machine.Spec.Cpus,
        DiskGiB = machine.Spec.DiskGiB > 0 ? machine.Spec.DiskGiB : null,
        Uefi = machine.Spec.Firmware == MachineFirmware.Uefi,
        VirtioVideo = machine.Spec.Video == MachineVideo.Virtio,
        DataDisks = Sizes(machine.Spec.DataDisks),
        Forwards = Ports(machine.Forwards.Select(f => f with { HostAddress = "127.0.0.1" })),
        Options = machine.Spec.Options,
        Notes = [.. Left(machine.GoldenImage, machine.Spec.Network, machine.Spec.DataDisks), "What its launch gave cloud-init, and what is on its disks, is not part of this file."],
    };

    /// <summary>Vagrant opens a way to SSH itself. A port that nobody chose is the guest's own, or one above it: those below 1024 are for root alone.</summary>
    private static List<Forward> Ports(IEnumerable<Forward> forwards)
    {
        var wanted = forwards.Where(f => f is not { Protocol: "tcp", GuestPort: 22 }).ToList();
        var taken = wanted.Where(f => f.HostPort > 0).Select(f => (f.Protocol, f.HostPort)).ToHashSet();
        return wanted.ConvertAll(f => f.HostPort > 0 ? f : f with { HostPort = Free(f, taken) });
    }

    private static int Free(Forward forward, HashSet<(string, int)> taken)
    {
        var port = forward.GuestPort < 1024 ? 8000 + forward.GuestPort : forward.GuestPort;
        while (!taken.Add((forward.Protocol, port))) port = port == 65535 ? 1024 : port + 1;
        return port;
    }

    private static List<int> Sizes(IReadOnlyList<DataDiskSpec> disks) => [.. disks.Select(d => d.SizeGiB).OfType<int>()];

    private static IEnumerable<string> Left(string? golden, string? network, IReadOnlyList<DataDiskSpec> disks)
    {
        if (golden is not null) yield return "Golden image: Vagrant begins with a box, without what was built into the golden image.";
        if (network is not null) yield return "Network: the host's network of this name is Warren's own.";
        if (disks.Any(d => d.Path is not null)) yield return "Disks: files of the server stay there.";
    }
}
