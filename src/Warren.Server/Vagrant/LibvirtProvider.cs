using Warren.Contracts;

namespace Warren.Server.Vagrant;

/// <summary>The plugin vagrant-libvirt.</summary>
internal sealed class LibvirtProvider : VagrantProvider
{
    public override string Name => "libvirt";

    public override string BridgeWord => "dev";

    public override IEnumerable<string> Notes(VagrantPlan plan)
    {
        if (plan.Uefi) yield return "UEFI: the firmware's path is Debian's; other distributions have it elsewhere.";
        if (plan.Networks.Any(n => n.Kind == VagrantNetworkKind.Public && n.Bridge is null)) yield return "Public network: without a device of the host's it is eth0.";
    }

    public override void Write(FileText file, VagrantPlan plan)
    {
        Size(file, plan);
        if (plan.DiskGiB is { } size) file.Line($"machine.machine_virtual_size = {Number(size)}");
        foreach (var disk in plan.DataDisks) file.Line($"machine.storage :file, size: \"{Number(disk)}G\", type: \"qcow2\"");
        if (plan.Uefi)
        {
            file.Line("machine.machine_type = \"q35\"");
            file.Line("machine.loader = \"/usr/share/OVMF/OVMF_CODE.fd\"");
        }

        if (plan.VirtioVideo) file.Line("machine.video_type = \"virtio\"");
    }
}
