using System.Globalization;
using Warren.Contracts;

namespace Warren.Server.Vagrant;

/// <summary>Writes a Vagrantfile: what all providers have in common, and the block of one of them.</summary>
/// <remarks>Settings are those of Vagrant's documentation, "Vagrantfile": <c>config.vm</c> and the pages of the providers.</remarks>
internal static class VagrantfileWriter
{
    /// <summary>The file.</summary>
    public static string Write(VagrantPlan plan, VagrantProvider provider)
    {
        var file = new FileText();
        file.Comment($"{plan.Source}. Written by Warren for Vagrant's provider {provider.Name}.");
        foreach (var note in plan.Notes.Concat(provider.Notes(plan))) file.Comment(note);
        file.Line();
        file.Block("Vagrant.configure(\"2\") do |config|", inside =>
        {
            if (provider.HasBox)
            {
                inside.Line($"config.vm.box = {Ruby.Text(provider.BoxOf(plan))}");
                if (plan.BoxVersion is { } version) inside.Line($"config.vm.box_version = {Ruby.Text(version)}");
            }

            inside.Line($"config.vm.hostname = {Ruby.Text(plan.Name)}");
            Folders(inside, plan);
            Networks(inside, plan, provider);
            if (provider.HasDisks) Disks(inside, plan);
            inside.Line();
            inside.Block($"config.vm.provider {Ruby.Text(provider.Name)} do |machine|", block => provider.Write(block, plan));
            if (!provider.HasShell) return;
            foreach (var step in plan.Provisioners)
            {
                inside.Line();
                inside.Script($"config.vm.provision \"shell\", name: {Ruby.Text(step.Name)}, inline: ", step.Script);
            }
        });
        return file.ToString();
    }

    /// <summary>Vagrant shares the folder of its file when it is not told otherwise.</summary>
    private static void Folders(FileText file, VagrantPlan plan)
    {
        if (plan.Folders.All(f => f.GuestPath != "/vagrant")) file.Line("config.vm.synced_folder \".\", \"/vagrant\", disabled: true");
        foreach (var folder in plan.Folders) file.Line($"config.vm.synced_folder {Ruby.Text(folder.HostPath)}, {Ruby.Text(folder.GuestPath)}, create: true");
    }

    private static void Networks(FileText file, VagrantPlan plan, VagrantProvider provider)
    {
        foreach (var forward in plan.Forwards)
        {
            file.Line(string.Create(CultureInfo.InvariantCulture,
                $"config.vm.network \"forwarded_port\", guest: {forward.GuestPort}, host: {forward.HostPort}, host_ip: {Ruby.Text(forward.HostAddress)}, protocol: {Ruby.Text(forward.Protocol)}, auto_correct: true"));
        }

        foreach (var network in plan.Networks)
        {
            var kind = network.Kind == VagrantNetworkKind.Public ? "public_network" : "private_network";
            var address = network.Address is { } fixedAddress ? $", ip: {Ruby.Text(fixedAddress)}" : network.Kind == VagrantNetworkKind.Private ? ", type: \"dhcp\"" : "";
            file.Line($"config.vm.network \"{kind}\"{address}{(network.Bridge is { } bridge ? $", {provider.BridgeWord}: {Ruby.Text(bridge)}" : "")}");
        }
    }

    private static void Disks(FileText file, VagrantPlan plan)
    {
        if (plan.DiskGiB is { } size) file.Line(string.Create(CultureInfo.InvariantCulture, $"config.vm.disk :disk, size: \"{size}GB\", primary: true"));
        for (var i = 0; i < plan.DataDisks.Count; i++)
            file.Line(string.Create(CultureInfo.InvariantCulture, $"config.vm.disk :disk, size: \"{plan.DataDisks[i]}GB\", name: \"data{i + 1}\""));
    }
}
