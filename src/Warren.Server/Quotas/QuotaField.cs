using Warren.Contracts;

namespace Warren.Server.Quotas;

/// <summary>One of the things that are counted. The one list of them.</summary>
/// <param name="Name">Its name in the API.</param>
/// <param name="Unit">What it is counted in, for people.</param>
/// <param name="Remedy">What makes room.</param>
/// <param name="Limit">The most, of what is set or applies.</param>
/// <param name="Amount">How much of it there is, or is asked for.</param>
internal sealed record QuotaField(string Name, string Unit, string Remedy, Func<Contracts.Quotas, long?> Limit, Func<QuotaUse, long> Amount)
{
    public static readonly IReadOnlyList<QuotaField> All =
    [
        new("machines", "machines", "Delete one", q => q.Machines, u => u.Machines),
        new("runningMachines", "running machines", "Stop one", q => q.RunningMachines, u => u.RunningMachines),
        new("cpus", "CPUs", "Delete a machine, or take a smaller one", q => q.Cpus, u => u.Cpus),
        new("memoryMiB", "MiB of memory", "Delete a machine, or take a smaller one", q => q.MemoryMiB, u => u.MemoryMiB),
        new("diskGiB", "GiB of disks", "Delete a machine, or take a smaller one", q => q.DiskGiB, u => u.DiskGiB),
        new("snapshots", "snapshots", "Delete one", q => q.Snapshots, u => u.Snapshots),
        new("imageBytes", "bytes of images", "Delete an image or an unfinished upload", q => q.ImageBytes, u => u.ImageBytes),
    ];

    /// <summary>What applies: what is set, else the default; null where there is no limit.</summary>
    public static Contracts.Quotas Applying(Contracts.Quotas? set, Contracts.Quotas otherwise)
    {
        long? Of(Func<Contracts.Quotas, long?> field) => ((set is null ? null : field(set)) ?? field(otherwise)) is { } limit and not Contracts.Quotas.Unlimited ? limit : null;
        return new Contracts.Quotas
        {
            Machines = Of(q => q.Machines),
            RunningMachines = Of(q => q.RunningMachines),
            Cpus = Of(q => q.Cpus),
            MemoryMiB = Of(q => q.MemoryMiB),
            DiskGiB = Of(q => q.DiskGiB),
            Snapshots = Of(q => q.Snapshots),
            ImageBytes = Of(q => q.ImageBytes),
        };
    }
}
