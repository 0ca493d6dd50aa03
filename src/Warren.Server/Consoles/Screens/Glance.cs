using Warren.Hypervisors;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Screens;

/// <summary>A look at a screen by a program: it keeps the screen connected and waits for changes, but is sent no messages.</summary>
internal sealed class Glance : IWatcher, IDisposable
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly IDisposable _seat;

    private Glance(ScreenHub hub) => _seat = hub.Join(this) ?? throw new RefusedException(Problems.IllegalState("The screen has just been closed; ask again."));

    /// <summary>Looks at the screen once it shows something.</summary>
    /// <exception cref="RefusedException">The machine is off.</exception>
    /// <exception cref="HypervisorException">Its host does not answer.</exception>
    public static async Task<Glance> AtAsync(ScreenHub hub, CancellationToken cancellation)
    {
        var glance = new Glance(hub);
        try
        {
            await hub.ReadyAsync(cancellation);
            return glance;
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            glance.Dispose();
            throw new RefusedException(Problems.IllegalState("The machine is off; it has no screen."));
        }
        catch
        {
            glance.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next change; false when none came in that time.</summary>
    public Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellation) => _changed.WaitAsync(limit, cancellation);

    public void Dispose()
    {
        _seat.Dispose();
        _changed.Dispose();
    }

    Profile? IWatcher.Follows(long version) => null;

    void IWatcher.Changed()
    {
        if (_changed.CurrentCount == 0) _changed.Release();
    }

    void IWatcher.Cut(byte[] text)
    {
        // Of no interest to it.
    }

    void IWatcher.Bell()
    {
        // Nor is this.
    }
}
