using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Screens;

/// <summary>The screens that somebody looks at through this process.</summary>
internal sealed class ScreenHubs(IDbContextFactory<WarrenDb> databases, HostDirectory hosts, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ScreenHub> _hubs = new(StringComparer.Ordinal);

    /// <summary>The screen of a machine; it is connected once somebody joins.</summary>
    public ScreenHub Of(string machineId)
    {
        foreach (var (id, hub) in _hubs)
        {
            if (hub.IsOver) _hubs.TryRemove(new(id, hub));
        }

        return _hubs.GetOrAdd(machineId, id =>
        {
            var hub = new ScreenHub(cancellation => OpenAsync(id, cancellation), clock, cancellation => JoinClipboardAsync(id, cancellation));
            // Nobody may ever ask for another: it must not keep its picture until then.
            hub.Ended.Register(() => _hubs.TryRemove(new(id, hub)));
            return hub;
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs.Values) await hub.DisposeAsync();
    }

    /// <summary>The stream of the machine's screen, wherever the machine is now; null when it is deleted.</summary>
    private async Task<Stream?> OpenAsync(string machineId, CancellationToken cancellation)
    {
        try
        {
            if (await DriverOfAsync(machineId, cancellation) is not { } driver) return null;
            var screen = driver.Screen
                ?? throw new HypervisorException(HypervisorErrorKind.Unsupported, "this machine's hypervisor shows no screen");
            return await screen.OpenRfbAsync(machineId, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            throw new HypervisorException(HypervisorErrorKind.NotFound, "the machine is off", e);
        }
        catch (RefusedException e)
        {
            throw new HypervisorException(HypervisorErrorKind.NotFound, e.Message, e);
        }
    }

    /// <summary>The clipboard of the machine's guest; null where there is none to be had.</summary>
    private async Task<ISharedClipboard?> JoinClipboardAsync(string machineId, CancellationToken cancellation) =>
        (await DriverOfAsync(machineId, cancellation))?.Clipboard is { } clipboard ? await clipboard.OpenAsync(machineId, cancellation) : null;

    /// <summary>The driver of the host where the machine is now; null when it is deleted.</summary>
    private async Task<IHypervisor?> DriverOfAsync(string machineId, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Machines.Where(m => m.Id == machineId).Select(m => m.Host).SingleOrDefaultAsync(cancellation) is { } host ? await hosts.DriverAsync(host, cancellation) : null;
    }
}
