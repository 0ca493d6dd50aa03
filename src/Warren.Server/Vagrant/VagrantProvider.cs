using System.Globalization;

namespace Warren.Server.Vagrant;

/// <summary>What a provider of Vagrant's takes, and what it leaves undone.</summary>
internal abstract class VagrantProvider
{
    public static IReadOnlyList<VagrantProvider> All { get; } = [new VirtualBoxProvider(), new LibvirtProvider(), new HyperVProvider(), new DockerProvider(), new ProxmoxProvider()];

    /// <summary>As Vagrant calls it; the same as our kind of hypervisor.</summary>
    public abstract string Name { get; }

    /// <summary>Its machines come from boxes.</summary>
    public virtual bool HasBox => true;

    /// <summary>Vagrant sets sizes of its disks, and adds some.</summary>
    public virtual bool HasDisks => false;

    /// <summary>Vagrant reaches a shell in its guests.</summary>
    public virtual bool HasShell => true;

    /// <summary>Its word for the host's network that a public one is bridged to.</summary>
    public virtual string BridgeWord => "bridge";

    public virtual string BoxOf(VagrantPlan plan) => plan.Box;

    /// <summary>What the plan says and this provider does not do.</summary>
    public virtual IEnumerable<string> Notes(VagrantPlan plan) => [];

    /// <summary>Its block.</summary>
    public abstract void Write(FileText file, VagrantPlan plan);

    protected static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Memory and processors under the names that most providers have for them.</summary>
    protected static void Size(FileText file, VagrantPlan plan)
    {
        if (plan.MemoryMiB is { } memory) file.Line($"machine.memory = {Number(memory)}");
        if (plan.Cpus is { } cpus) file.Line($"machine.cpus = {Number(cpus)}");
    }

    /// <summary>What is said of disks that Vagrant handles where it is told to.</summary>
    protected static IEnumerable<string> DiskNotes(VagrantPlan plan) =>
        plan.DiskGiB is null && plan.DataDisks.Count == 0 ? [] : ["Disks: Vagrant before 2.4 wants VAGRANT_EXPERIMENTAL=disks in its environment; a box's disk only grows."];
}
