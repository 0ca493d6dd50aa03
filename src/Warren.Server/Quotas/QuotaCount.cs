using System.Linq.Expressions;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Machines.Workflows;

namespace Warren.Server.Quotas;

/// <summary>What users and projects have: always counted from the rows of the things themselves, so that it cannot drift.</summary>
internal sealed class QuotaCount(WarrenDb db)
{
    /// <summary>States in which a machine is on, whoever wants it to be.</summary>
    private static readonly MachineState[] s_on = [MachineState.Starting, MachineState.Running, MachineState.Paused, MachineState.Stopping, MachineState.Unknown];

    /// <summary>What a user or a project has.</summary>
    /// <param name="of">Whose.</param>
    /// <param name="id">Id of the user or project.</param>
    /// <param name="exceptMachine">A machine that does not count, or null.</param>
    /// <param name="needed">Only kinds of things of which this has any; null: all of them.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<QuotaUse> OfAsync(QuotaScope of, string id, string? exceptMachine, QuotaUse? needed, CancellationToken cancellation)
    {
        var user = of == QuotaScope.User;
        var machines = db.Machines.AsNoTracking().Where(m => m.Id != exceptMachine).Where(user ? m => m.OwnerId == id : m => m.ProjectId == id);
        var use = new QuotaUse();
        if (needed is null or { Machines: > 0 } or { Cpus: > 0 } or { MemoryMiB: > 0 } or { DiskGiB: > 0 })
        {
            var sums = await machines.GroupBy(_ => 1).Select(g => new { Count = g.LongCount(), Cpus = g.Sum(m => (long)m.Cpus), MiB = g.Sum(m => (long)m.MemoryMib), GiB = g.Sum(m => (long)m.DiskGib) }).SingleOrDefaultAsync(cancellation);
            // Few machines have data disks, and their sizes are in the devices.
            var further = await machines.Where(m => m.DevicesJson.Contains("\"sizeGiB\"")).Select(m => m.DevicesJson).ToListAsync(cancellation);
            var kept = await ShrinkingAsync(machines, cancellation);
            use = use with
            {
                Machines = sums?.Count ?? 0,
                Cpus = (sums?.Cpus ?? 0) + kept.Cpus,
                MemoryMiB = (sums?.MiB ?? 0) + kept.MemoryMiB,
                DiskGiB = (sums?.GiB ?? 0) + further.Sum(d => DataDisksGiB(JsonSerializer.Deserialize<MachineDevices>(d, WarrenJson.Options)!.DataDisks)),
            };
        }

        if (needed is null or { RunningMachines: > 0 }) use = use with { RunningMachines = await machines.LongCountAsync(IsOn(db), cancellation) };
        if (needed is null or { Snapshots: > 0 })
            use = use with { Snapshots = await db.Snapshots.LongCountAsync(user ? s => s.OwnerId == id : s => s.ProjectId == id, cancellation) };
        if (needed is null or { ImageBytes: > 0 }) use = use with { ImageBytes = await ImageBytesAsync(user, id, cancellation) };
        return use;
    }

    /// <summary>A machine of a user that is on, spares of their pools aside, which are nobody's yet.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="project">Only in this project; null: in any.</param>
    /// <param name="exceptMachine">A machine that does not count, or null.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<MachineRow?> RunningAsync(string user, string? project, string? exceptMachine, CancellationToken cancellation)
        => db.Machines.AsNoTracking().Where(m => m.OwnerId == user && m.Id != exceptMachine && (project == null || m.ProjectId == project))
            .Where(m => m.PoolPlace != PoolPlace.Filling && m.PoolPlace != PoolPlace.Spare && m.PoolPlace != PoolPlace.Releasing)
            .Where(IsOn(db)).OrderBy(m => m.Id).FirstOrDefaultAsync(cancellation);

    /// <summary>What a machine has.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="on">It is on, or about to be.</param>
    /// <param name="count">That many of it.</param>
    public static QuotaUse Of(MachineRow machine, bool on, int count = 1) => Of(machine.Cpus, machine.MemoryMib, machine.DiskGib, machine.Devices.DataDisks, on, count);

    /// <summary>What a machine would have.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="on">It is to be on at once.</param>
    public static QuotaUse Of(MachineSpec spec, bool on) => Of(spec.Cpus, spec.MemoryMiB, spec.DiskGiB, spec.DataDisks, on, 1);

    private static QuotaUse Of(int cpus, int memoryMiB, int diskGiB, IReadOnlyList<DataDiskSpec> dataDisks, bool on, int count) => new()
    {
        Machines = count,
        RunningMachines = on ? count : 0,
        Cpus = (long)cpus * count,
        MemoryMiB = (long)memoryMiB * count,
        DiskGiB = (diskGiB + DataDisksGiB(dataDisks)) * count,
    };

    private static long DataDisksGiB(IReadOnlyList<DataDiskSpec> disks) => disks.Sum(d => (long)(d.SizeGiB ?? 0));

    /// <summary>Also while it is being made to run, or its memory comes back.</summary>
    private static Expression<Func<MachineRow, bool>> IsOn(WarrenDb db) => m => s_on.Contains(m.State)
        || (m.Wanted == WantedPower.On && (m.State == MachineState.Creating
            || ((m.State == MachineState.Stopped || m.State == MachineState.Failed) && db.Operations.Any(o => o.SubjectId == m.Id && o.Live))));

    /// <summary>What machines have that are being made smaller, beyond what their rows say: a resize that fails or is cancelled gives it back.</summary>
    private async Task<QuotaUse> ShrinkingAsync(IQueryable<MachineRow> machines, CancellationToken cancellation)
    {
        var resizes = await db.Operations.AsNoTracking().Where(o => o.Live && o.Kind == ResizeMachine.Name)
            .Join(machines, o => o.SubjectId, m => m.Id, (o, m) => new { o.DataJson, m.Cpus, m.MemoryMib }).ToListAsync(cancellation);
        var before = resizes.Select(r => (Had: JsonSerializer.Deserialize<ResizeMachine.Plan>(r.DataJson, WarrenJson.Options)!, Has: r)).ToList();
        return new QuotaUse { Cpus = before.Sum(b => Math.Max(0L, b.Had.Cpus - b.Has.Cpus)), MemoryMiB = before.Sum(b => Math.Max(0L, b.Had.MemoryMiB - b.Has.MemoryMib)) };
    }

    private async Task<long> ImageBytesAsync(bool user, string id, CancellationToken cancellation)
    {
        var images = await db.Images.Where(user ? i => i.OwnerId == id : i => i.ProjectId == id).SumAsync(i => i.SizeBytes ?? 0, cancellation);
        // One that is all here is an image by now.
        var uploads = await db.Uploads.Where(user ? u => u.OwnerId == id : u => u.ProjectId == id).Where(u => u.OperationId == null).SumAsync(u => u.Length, cancellation);
        return images + uploads;
    }
}
