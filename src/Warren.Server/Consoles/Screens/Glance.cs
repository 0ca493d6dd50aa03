using System.Threading.Channels;
using Warren.Hypervisors;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Screens;

/// <summary>A look at a screen by a program: it keeps the screen connected and waits for changes, but is sent no messages.</summary>
internal sealed class Glance : IWatcher, IDisposable
{
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IDisposable _seat;

    private Glance(ScreenHubs hubs, string machineId)
    {
        do
        {
            Hub = hubs.Of(machineId);
            _seat = Hub.Join(this)!;
        }
        // It has just been forgotten; the next one is new.
        while (_seat is null);
    }

    public ScreenHub Hub { get; }

    /// <summary>Looks at the screen once it shows something.</summary>
    /// <exception cref="RefusedException">The machine is off.</exception>
    /// <exception cref="HypervisorException">Its host does not answer.</exception>
    public static async Task<Glance> AtAsync(ScreenHubs hubs, string machineId, CancellationToken cancellation)
    {
        var glance = new Glance(hubs, machineId);
        try
        {
            await glance.Hub.ReadyAsync(cancellation);
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

    /// <summary>Waits until nothing has changed for a while, or the limit is over.</summary>
    public async Task RestAsync(TimeSpan rest, TimeSpan limit, TimeProvider clock, CancellationToken cancellation)
    {
        using var enough = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellation);
        try
        {
            while (true)
            {
                _changed.Reader.TryRead(out _);
                await _changed.Reader.ReadAsync(either.Token).AsTask().WaitAsync(rest, clock, either.Token);
            }
        }
        catch (TimeoutException)
        {
            // It rests.
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It does not, and is taken as it is.
        }
    }

    public void Dispose() => _seat.Dispose();

    Profile? IWatcher.Follows(long version) => null;

    void IWatcher.Changed() => _changed.Writer.TryWrite(true);

    void IWatcher.Copied(string text)
    {
        // Of no interest to it.
    }

    void IWatcher.Bell()
    {
        // Nor is this.
    }
}
