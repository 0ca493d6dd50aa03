namespace Warren.Server.Vagrant;

/// <summary>The plugin vagrant-proxmox. Where the cluster is and who asks comes from the environment, so that no password is in the file.</summary>
internal sealed class ProxmoxProvider : VagrantProvider
{
    public override string Name => "proxmox";

    public override string BoxOf(VagrantPlan plan) => "dummy";

    public override IEnumerable<string> Notes(VagrantPlan plan)
    {
        yield return "Set PROXMOX_ENDPOINT (https://host:8006/api2/json), PROXMOX_USER (name@pve) and PROXMOX_PASSWORD before vagrant up; add the plugin's dummy box once.";
        if (plan.DiskGiB is not null || plan.DataDisks.Count > 0) yield return "Disks: a clone has those of its template.";
        if (plan.Uefi || plan.VirtioVideo) yield return "Firmware and graphics: a clone has those of its template.";
    }

    public override void Write(FileText file, VagrantPlan plan)
    {
        file.Line("machine.endpoint = ENV[\"PROXMOX_ENDPOINT\"]");
        file.Line("machine.user_name = ENV[\"PROXMOX_USER\"]");
        file.Line("machine.password = ENV[\"PROXMOX_PASSWORD\"]");
        file.Line("machine.vm_type = :qemu");
        file.Line("machine.qemu_os = :l26");
        file.Line($"machine.qemu_template = {Ruby.Text(plan.Box)}");
        if (plan.MemoryMiB is { } memory) file.Line($"machine.vm_memory = {Number(memory)}");
        if (plan.Cpus is { } cpus) file.Line($"machine.qemu_cores = {Number(cpus)}");
    }
}
