using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Images.Golden;

namespace Warren.Server.Machines;

/// <summary>Machines as the API shows them; a page is a handful of queries, however long it is.</summary>
internal static class MachineViews
{
    /// <summary>Port of the guest's SSH server.</summary>
    public const int SshPort = 22;

    public static async Task<List<Machine>> LoadAsync(WarrenDb db, IQueryable<MachineRow> rows, CancellationToken cancellation, IReadOnlyDictionary<string, SharedWithYou>? shared = null)
        => await ViewAsync(db, await rows.ToListAsync(cancellation), cancellation, shared);

    /// <param name="db">Where they are.</param>
    /// <param name="machines">The machines.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <param name="shared">How those of them are shared with the caller that are.</param>
    public static async Task<List<Machine>> ViewAsync(WarrenDb db, IReadOnlyList<MachineRow> machines, CancellationToken cancellation, IReadOnlyDictionary<string, SharedWithYou>? shared = null)
    {
        var ids = machines.Select(m => m.Id).ToList();
        var (owners, projects, images) = (Distinct(machines, m => m.OwnerId), Distinct(machines, m => m.ProjectId), Distinct(machines, m => m.ImageId));
        var ownerNames = await db.Users.AsNoTracking().Where(u => owners.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        var projectNames = await db.Projects.AsNoTracking().Where(p => projects.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        var users = await db.Images.AsNoTracking().Where(i => images.Contains(i.Id)).ToDictionaryAsync(i => i.Id, i => i.DefaultUser, cancellation);
        var golden = await GoldenImageViews.ReferencesAsync(db, Distinct(machines, m => m.GoldenImageId), cancellation);
        var live = await db.Operations.AsNoTracking().Where(o => o.Live && ids.Contains(o.SubjectId))
            .Select(o => new { o.SubjectId, o.Id }).ToDictionaryAsync(o => o.SubjectId, o => o.Id, cancellation);
        var forwards = (await db.PortForwards.AsNoTracking().Where(f => ids.Contains(f.MachineId)).OrderBy(f => f.Id).ToListAsync(cancellation))
            .ToLookup(f => f.MachineId, f => (f.Host, Forward: new Forward(f.Protocol, f.HostAddress, f.HostPort, f.GuestPort)));
        var pools = Distinct(machines, m => m.PoolId);
        var poolNames = pools.Count == 0 ? [] : await db.Pools.AsNoTracking().Where(p => pools.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        return [.. machines.Select(row => View(row, ownerNames[row.OwnerId], projectNames[row.ProjectId],
            [.. forwards[row.Id].Where(f => f.Host == row.Host).Select(f => f.Forward)], live.GetValueOrDefault(row.Id), row.ImageId is null ? null : users.GetValueOrDefault(row.ImageId))
            with
            {
                GoldenImage = row.GoldenImageId is null ? null : golden.GetValueOrDefault(row.GoldenImageId),
                Pool = row.PoolId is null ? null : poolNames.GetValueOrDefault(row.PoolId),
                Shared = shared?.GetValueOrDefault(row.Id),
            })];
    }

    private static Machine View(MachineRow row, string owner, string project, List<Forward> forwards, string? operation, string? user)
    {
        var devices = row.Devices;
        var ssh = forwards.Find(f => f is { Protocol: "tcp", GuestPort: SshPort });
        return new Machine
        {
            Id = row.Id,
            Name = row.Name,
            Owner = owner,
            Project = project,
            Host = row.Host,
            Image = row.ImageName.Length == 0 ? null : row.ImageName,
            Template = row.Template,
            ForkOf = row.ForkOf,
            Spec = new MachineSpec
            {
                MemoryMiB = row.MemoryMib,
                Cpus = row.Cpus,
                DiskGiB = row.DiskGib,
                Firmware = devices.Firmware,
                Video = devices.Video,
                Ephemeral = devices.Ephemeral,
                DataDisks = devices.DataDisks,
                Network = devices.Network,
                NetworkMode = devices.NetworkMode,
                Egress = devices.Egress,
                NetworkMbps = devices.NetworkMbps,
                DiskMiBps = devices.DiskMiBps,
                DiskIops = devices.DiskIops,
                Options = devices.Options,
            },
            Wanted = row.Wanted,
            State = row.State,
            Readiness = row.Readiness,
            Forwards = forwards,
            Addresses = row.Addresses,
            Ssh = user is null ? null
                : ssh is not null ? new SshAddress(ssh.HostAddress, ssh.HostPort, user)
                : row.Addresses.FirstOrDefault() is { } address ? new SshAddress(address, SshPort, user) : null,
            Autostart = row.Autostart,
            RecordScreen = row.RecordScreen,
            Placement = row.Placement,
            MovingTo = row.MovingTo,
            Operation = operation,
            Problem = row.Problem,
            ProcessId = row.ProcessId,
            CreatedAt = row.CreatedAt,
            ObservedAt = row.ObservedAt,
            ExpiresAt = row.ExpiresAt,
            TtlAction = row.ExpiresAt is null ? null : row.TtlAction,
            Idle = row.IdleAfterSeconds is { } after ? new IdlePolicy { AfterSeconds = after, Action = row.IdleAction ?? LifeAction.Stop } : null,
            Unwatched = row.UnwatchedAfterSeconds is { } left ? new UnwatchedPolicy { AfterSeconds = left, Action = row.UnwatchedAction ?? LifeAction.Stop } : null,
            LastActiveAt = row.LastActiveAt,
            Warning = row.Warning,
            PoolPlace = row.PoolPlace,
            Lease = row.PoolPlace == PoolPlace.Lent ? row.LeaseId : null,
        };
    }

    private static List<string> Distinct(IReadOnlyList<MachineRow> machines, Func<MachineRow, string?> of)
        => [.. machines.Select(of).OfType<string>().Distinct()];
}
