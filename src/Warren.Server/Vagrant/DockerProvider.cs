using System.Text;

namespace Warren.Server.Vagrant;

/// <summary>Vagrant's own provider docker: containers without an SSH server, whose first process prepares them.</summary>
internal sealed class DockerProvider : VagrantProvider
{
    public override string Name => "docker";

    public override bool HasBox => false;

    public override bool HasShell => false;

    public override IEnumerable<string> Notes(VagrantPlan plan)
    {
        if (plan.DiskGiB is not null || plan.DataDisks.Count > 0) yield return "Disks: a container has its host's.";
        if (plan.Uefi || plan.VirtioVideo) yield return "Firmware and graphics: a container has none.";
        if (plan.Provisioners.Any(p => p.ByCloudInit)) yield return "cloud-init: containers have none; its part of the template is left out.";
    }

    public override void Write(FileText file, VagrantPlan plan)
    {
        file.Line($"machine.image = {Ruby.Text(plan.Box)}");
        file.Line($"machine.name = {Ruby.Text(plan.Name)}");
        var limits = new List<string>();
        if (plan.MemoryMiB is { } memory) limits.Add($"--memory={Number(memory)}m");
        if (plan.Cpus is { } cpus) limits.Add($"--cpus={Number(cpus)}");
        if (limits.Count > 0) file.Line($"machine.create_args = {Ruby.List(limits)}");
        file.Line("machine.remains_running = true");
        file.Line($"machine.cmd = {Ruby.List(["sh", "-c", First(plan)])}");
    }

    private static string First(VagrantPlan plan)
    {
        var script = new StringBuilder();
        foreach (var (step, i) in plan.Provisioners.Where(p => !p.ByCloudInit).Select((p, i) => (p, i + 1))) script.Append(GuestScripts.Run(step, $"/tmp/warren-step-{Number(i)}"));
        return script.Append("exec sleep infinity").ToString();
    }
}
