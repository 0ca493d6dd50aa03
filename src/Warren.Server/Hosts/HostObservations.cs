using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>Writes what was seen of a host into its row: findings past its version, a change of its status as an event.</summary>
internal sealed class HostObservations(IDbContextFactory<WarrenDb> databases, TimeProvider clock)
{
    private const int Tries = 20;

    /// <summary>What a probe found.</summary>
    public async Task FoundAsync(
        string host, HostProbe probe, IReadOnlyList<FoundMachine> machines, IReadOnlyList<string>? networks, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var (found, foreign, names, now) = (JsonSerializer.Serialize(probe, WarrenJson.Options), Foreign(machines),
            networks is null ? null : JsonSerializer.Serialize(networks), (DateTimeOffset?)clock.GetUtcNow());
        await db.Hosts.Where(h => h.Name == host).ExecuteUpdateAsync(s => s
            .SetProperty(h => h.ProbeJson, found)
            .SetProperty(h => h.ForeignJson, foreign)
            .SetProperty(h => h.NetworksJson, names)
            .SetProperty(h => h.ProbedAt, now), cancellation);
    }

    /// <summary>Which machines there are.</summary>
    public async Task FoundAsync(string host, IReadOnlyList<FoundMachine> machines, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var foreign = Foreign(machines);
        await db.Hosts.Where(h => h.Name == host && h.ForeignJson != foreign).ExecuteUpdateAsync(s => s.SetProperty(h => h.ForeignJson, foreign), cancellation);
    }

    /// <summary>Which networks there are.</summary>
    public async Task FoundAsync(string host, IReadOnlyList<string> networks, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var names = JsonSerializer.Serialize(networks);
        await db.Hosts.Where(h => h.Name == host).ExecuteUpdateAsync(s => s.SetProperty(h => h.NetworksJson, names), cancellation);
    }

    /// <summary>How it stands with the host; nothing is written when that has not changed.</summary>
    public async Task StandsAsync(string host, HostState state, string? reason, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            if (await db.Hosts.SingleOrDefaultAsync(h => h.Name == host, cancellation) is not { } row) return;
            if (row.Status == state && row.StatusReason == reason) return;
            if (row.Status != state) row.StatusSince = clock.GetUtcNow();
            (row.Status, row.StatusReason, row.StatusRemedy) = (state, reason, Remedy(host, state));
            try
            {
                await db.SaveChangesAsync(cancellation);
                return;
            }
            catch (DbUpdateConcurrencyException) when (attempt < Tries)
            {
                // Edited meanwhile, or another replica was quicker.
            }
        }
    }

    private static string? Remedy(string host, HostState state) => (state, host) switch
    {
        (HostState.Unreachable, HostDirectory.Local) => "Look at the server's log; it is tried again by itself.",
        (HostState.Unreachable, _) => $"Check that it is up and that its settings lead to it (`warren hosts show {host}`); it is tried again by itself.",
        (HostState.Refused, HostDirectory.Local) => "Correct the section of its kind in the server's configuration, and start the server again.",
        (HostState.Refused, _) => $"Correct its settings with `warren hosts edit {host}`; it is tried again by itself.",
        _ => null,
    };

    private static string Foreign(IReadOnlyList<FoundMachine> machines) => JsonSerializer.Serialize(machines.Where(m => m.MachineId is null).Select(m => m.NativeName));
}
