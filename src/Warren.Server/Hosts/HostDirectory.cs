using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Hypervisors.Guard;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>
/// From a host's name to its driver. Drivers are made from rows, and made anew when the row's connection has changed, in
/// this process or in another replica; the old one is disposed of when its calls have ended.
/// </summary>
internal sealed class HostDirectory(
    LocalHost local, IReadOnlyList<HypervisorKind> kinds, HostSettings settings, HostSecrets secrets, IDbContextFactory<WarrenDb> databases,
    HostOptions options, TimeProvider clock, ILogger<HostDirectory> log) : IAsyncDisposable
{
    /// <summary>The server's own machine.</summary>
    public const string Local = "local";

    /// <summary>So late is another replica's change seen.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    /// <summary>How long calls on a driver that was replaced may go on: a long copy ends in peace.</summary>
    private static readonly TimeSpan RetireAfter = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, HostDriver> _drivers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly CallLimits _limits = new(options.CallLimits);

    /// <summary>Called when a host is not asked any more, or is asked again.</summary>
    public Action<string>? Turned { get; set; }

    /// <summary>A host's driver behind its guard.</summary>
    /// <exception cref="RefusedException">There is no such host.</exception>
    /// <exception cref="HypervisorException">Its driver cannot be made.</exception>
    public async ValueTask<IHypervisor> DriverAsync(string host, CancellationToken cancellation) => (await FindAsync(host, cancellation)).Driver;

    /// <summary>A host's driver with what belongs to it.</summary>
    /// <exception cref="RefusedException">There is no such host.</exception>
    /// <exception cref="HypervisorException">Its driver cannot be made.</exception>
    public async ValueTask<HostDriver> FindAsync(string host, CancellationToken cancellation)
    {
        if (_drivers.TryGetValue(host, out var known) && IsFresh(known)) return known;
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_drivers.TryGetValue(host, out known) && IsFresh(known)) return known;
            return host == Local ? _drivers[Local] = Guarded(Local, "", local.Kind, local.Driver) : await LoadAsync(host, known, cancellation);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Whether a machine that should run is known, without a call to its host, to have no process any more.</summary>
    public bool HasEnded(string host, string machineId)
        => (host == Local ? local.Driver : _drivers.GetValueOrDefault(host)?.Inner) is IOwnProcesses own && own.HasEnded(machineId);

    /// <summary>Whether a secret setting is set; a set one that cannot be decrypted any more is not.</summary>
    public bool HasSecret(HostRow row, string name)
    {
        try
        {
            return secrets.Read(row.Secrets).Keys.Any(k => k == name || k.StartsWith(name + ":", StringComparison.Ordinal));
        }
        catch (HypervisorException)
        {
            return false;
        }
    }

    /// <summary>Lets the row be looked at before the next call: it has just been changed here.</summary>
    public void Forget(string host)
    {
        if (_drivers.TryGetValue(host, out var known)) known.CheckedAt = 0;
    }

    /// <summary>Lets go of the driver of a host that was removed.</summary>
    public void Drop(string host)
    {
        if (_drivers.TryRemove(host, out var known)) _ = LeaveAsync(known);
    }

    public async ValueTask DisposeAsync()
    {
        // The local driver is the container's.
        foreach (var driver in _drivers.Values.Where(d => d.Host != Local)) await driver.Guard.DisposeAsync();
        _gate.Dispose();
    }

    private bool IsFresh(HostDriver driver) => driver.Host == Local || (driver.CheckedAt != 0 && clock.GetElapsedTime(driver.CheckedAt) < Fresh);

    private async Task<HostDriver> LoadAsync(string host, HostDriver? known, CancellationToken cancellation)
    {
        var now = clock.GetTimestamp();
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var row = await db.Hosts.AsNoTracking().SingleOrDefaultAsync(h => h.Name == host, cancellation);
        if (row is not null && row.Connection == known?.Connection)
        {
            known.CheckedAt = now;
            return known;
        }

        if (known is not null && _drivers.TryRemove(host, out _)) _ = RetireAsync(known);
        if (row is null)
        {
            var names = await db.Hosts.AsNoTracking().OrderBy(h => h.Name).Select(h => h.Name).ToListAsync(cancellation);
            throw new RefusedException(Problems.Validation("host", $"there is no host '{host}'; known: {string.Join(", ", names)}"));
        }

        var kind = kinds.FirstOrDefault(k => k.Name == row.Hypervisor)
            ?? throw new HypervisorException(HypervisorErrorKind.Unsupported, $"this server has no driver {row.Hypervisor}");
        var stated = row.Settings;
        foreach (var (name, value) in secrets.Read(row.Secrets)) stated[name] = value;
        var made = Guarded(host, row.Connection, kind, kind.Connect(settings.Connection(host, stated)));
        made.CheckedAt = now;
        return _drivers[host] = made;
    }

    private HostDriver Guarded(string host, string connection, HypervisorKind kind, IHypervisor inner)
    {
        var guard = new HostGuard(host, inner, _limits, options.CallsAtOnce, clock);
        guard.OnTurn(reason =>
        {
            if (reason is null) log.LogInformation("Host {Host} answers again", host);
            else log.LogWarning("Host {Host} is not asked any more: {Reason}", host, reason);
            Turned?.Invoke(host);
        });
        return new HostDriver(host, connection, kind, inner, guard);
    }

    /// <summary>What the driver kept goes when its last call has ended, unless a new host bears the name already.</summary>
    private async Task LeaveAsync(HostDriver old)
    {
        await RetireAsync(old);
        try
        {
            if (!_drivers.ContainsKey(old.Host)) settings.RemoveFolder(old.Host);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning(e, "The folder of the removed host {Host} could not be removed", old.Host);
        }
    }

    private async Task RetireAsync(HostDriver old)
    {
        try
        {
            await old.Guard.RetireAsync(RetireAfter);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The replaced driver of host {Host} could not be disposed of", old.Host);
        }
    }
}
