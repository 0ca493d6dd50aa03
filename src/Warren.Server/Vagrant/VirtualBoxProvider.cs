namespace Warren.Server.Vagrant;

/// <summary>Vagrant's own provider virtualbox. What it has no setting for is said to VBoxManage, word by word, in the words that 6.1 knows and 7 still takes.</summary>
internal sealed class VirtualBoxProvider : VagrantProvider
{
    public override string Name => "virtualbox";

    public override bool HasDisks => true;

    public override IEnumerable<string> Notes(VagrantPlan plan) => DiskNotes(plan);

    public override void Write(FileText file, VagrantPlan plan)
    {
        file.Line($"machine.name = {Ruby.Text(plan.Name)}");
        Size(file, plan);
        file.Line("machine.linked_clone = true");
        if (plan.Options.GetValueOrDefault("frontend") == "gui") file.Line("machine.gui = true");
        if (plan.Uefi) Modify(file, "--firmware", "efi");
        if (plan.VirtioVideo) Modify(file, "--graphicscontroller", "vmsvga");
        foreach (var (option, word) in new[] { ("videoMemoryMiB", "--vram"), ("clipboard", "--clipboard-mode"), ("dragAndDrop", "--draganddrop"), ("guestType", "--ostype") })
        {
            if (plan.Options.GetValueOrDefault(option) is { } value) Modify(file, word, value);
        }

        if (plan.Options.GetValueOrDefault("graphics3d") == "true") Modify(file, "--accelerate3d", "on");
    }

    private static void Modify(FileText file, string option, string value) => file.Line($"machine.customize [\"modifyvm\", :id, {Ruby.Text(option)}, {Ruby.Text(value)}]");
}
