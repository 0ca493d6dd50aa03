using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>Hosts as the API shows them.</summary>
internal sealed class HostViews(HostDirectory hosts, HostOptions options, HostMemories memories, LocalHost local, IReadOnlyList<HypervisorKind> kinds)
{
    /// <param name="db">Where machines are counted.</param>
    /// <param name="rows">The hosts.</param>
    /// <param name="settings">Whether settings are shown: to the owner of the server.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<List<Contracts.Host>> ViewAsync(WarrenDb db, IReadOnlyList<HostRow> rows, bool settings, CancellationToken cancellation)
    {
        var names = rows.Select(r => r.Name).ToList();
        var counts = await db.Machines.Where(m => names.Contains(m.Host)).GroupBy(m => m.Host).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
        var used = await HostAdmission.UsedAsync(db, options, null, cancellation);
        var views = new List<Contracts.Host>();
        foreach (var row in rows)
            views.Add(View(row, await CapabilitiesAsync(row, cancellation), counts.GetValueOrDefault(row.Name), used.GetValueOrDefault(row.Name), settings));
        return views;
    }

    /// <summary>What the host can do: capability to null, or to the reason why not.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> CapabilitiesAsync(HostRow row, CancellationToken cancellation)
    {
        var probe = row.Probe;
        Dictionary<string, string?> found;
        try
        {
            found = new(Capabilities.Of((await hosts.FindAsync(row.Name, cancellation)).Inner, probe), StringComparer.Ordinal);
        }
        catch (Exception e) when (e is HypervisorException or RefusedException)
        {
            found = Capabilities.All.ToDictionary(c => c, _ => (string?)e.Message, StringComparer.Ordinal);
        }

        foreach (var (name, reason) in probe?.Missing ?? new Dictionary<string, string>(StringComparer.Ordinal)) found[name] = reason;
        return found;
    }

    /// <summary>Insists that a host can do something.</summary>
    /// <exception cref="RefusedException">It cannot; the problem says why.</exception>
    public async Task DemandAsync(WarrenDb db, string host, string capability, string what, CancellationToken cancellation)
    {
        var row = await db.Hosts.AsNoTracking().SingleAsync(h => h.Name == host, cancellation);
        if ((await CapabilitiesAsync(row, cancellation)).GetValueOrDefault(capability) is { } reason)
            throw new RefusedException(Problems.Unsupported($"Host '{host}' cannot {what}: {reason}."));
    }

    /// <summary>Whether machines can be launched there.</summary>
    public static bool IsUsable(HostRow row) => row is { Status: HostState.Online, Draining: false, ProbeJson: not null };

    private Contracts.Host View(HostRow row, IReadOnlyDictionary<string, string?> can, int machines, long usedMiB, bool settings)
    {
        var probe = row.Probe;
        var kind = kinds.FirstOrDefault(k => k.Name == row.Hypervisor);
        var stated = row.Name == HostDirectory.Local ? local.Settings : row.Settings;
        return new Contracts.Host
        {
            Name = row.Name,
            Hypervisor = row.Hypervisor,
            Usable = IsUsable(row),
            Status = new HostStatus(row.Status, row.StatusSince, Tried(row, kind, settings), row.StatusReason, row.StatusRemedy),
            Draining = row.Draining,
            Configured = row.Name == HostDirectory.Local,
            Labels = row.Labels,
            Settings = settings ? Plain(kind, stated) : new Dictionary<string, string>(StringComparer.Ordinal),
            Secrets = kind?.Settings.Where(s => s.Secret).ToDictionary(s => s.Name, s => row.Secrets is not null && hosts.HasSecret(row, s.Name), StringComparer.Ordinal)
                ?? new Dictionary<string, bool>(StringComparer.Ordinal),
            Version = probe?.Version,
            Accelerator = probe?.Accelerator,
            AcceleratorReason = probe?.AcceleratorReason,
            MemoryMiB = probe is null ? 0 : HostAdmission.UsableMiB(row, probe, options, memories),
            MemoryUsedMiB = usedMiB,
            MemoryAvailableMiB = memories.Of(row.Name)?.AvailableMiB,
            MemoryTakenMiB = memories.Of(row.Name)?.Machines.Values.Sum(m => m.ProportionalMiB),
            ReservedMemoryMiB = row.ReservedMemoryMib ?? options.ReservedMemoryMiB,
            MachineLimit = row.MachineLimit,
            Machines = machines,
            Cpus = probe?.Capacity.Cpus ?? 0,
            DiskFreeGiB = probe?.Capacity.DiskFreeGiB ?? 0,
            Capabilities = can.ToDictionary(c => c.Key, c => new Capability(c.Value is null, c.Value), StringComparer.Ordinal),
            Networks = row.Networks,
            Facts = probe?.Facts ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Problems = ProblemsOf(row, probe),
            ForeignMachines = row.Foreign,
            ProbedAt = row.ProbedAt,
        };
    }

    private static Dictionary<string, string> Plain(HypervisorKind? kind, IReadOnlyDictionary<string, string> stated)
        => stated.Where(s => kind is null || !HostSettings.IsSecret(kind, s.Key)).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);

    private static string Tried(HostRow row, HypervisorKind? kind, bool settings)
    {
        var plain = row.Settings;
        var what = $"a probe of {(row.Name == HostDirectory.Local ? "this machine" : "it")} as {kind?.Title ?? row.Hypervisor}";
        return settings && plain.Count > 0 ? $"{what} with {string.Join(", ", plain.Select(s => $"{s.Key}={s.Value}"))}" : what;
    }

    private static IReadOnlyList<string> ProblemsOf(HostRow row, HostProbe? probe) => row.Status switch
    {
        HostState.Pending => ["It has not been probed yet."],
        HostState.Online => [],
        HostState.Degraded => probe?.Problems ?? [],
        _ => [row.StatusRemedy is null ? row.StatusReason ?? "" : $"{row.StatusReason} — {row.StatusRemedy}"],
    };
}
