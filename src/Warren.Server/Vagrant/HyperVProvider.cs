namespace Warren.Server.Vagrant;

/// <summary>Vagrant's own provider hyperv.</summary>
internal sealed class HyperVProvider : VagrantProvider
{
    public override string Name => "hyperv";

    public override bool HasDisks => true;

    public override IEnumerable<string> Notes(VagrantPlan plan)
    {
        foreach (var note in DiskNotes(plan)) yield return note;
        if (plan.Forwards.Count + plan.Networks.Count > 0) yield return "Networks: Vagrant sets up no ports and no further networks on Hyper-V; it asks for a switch.";
        yield return "Firmware: the box decides on its generation, 2 (UEFI) or 1.";
    }

    public override void Write(FileText file, VagrantPlan plan)
    {
        file.Line($"machine.vmname = {Ruby.Text(plan.Name)}");
        Size(file, plan);
        if (plan.MemoryMiB is { } memory) file.Line($"machine.maxmemory = {Number(memory)}");
        file.Line("machine.linked_clone = true");
    }
}
