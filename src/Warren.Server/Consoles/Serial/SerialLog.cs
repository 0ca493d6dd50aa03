using Warren.Hypervisors;

namespace Warren.Server.Consoles.Serial;

/// <summary>Sends a serial log, and what is added to it.</summary>
internal sealed class SerialLog(TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Copies what is there; following goes on until the machine is off and everything was sent.</summary>
    public async Task CopyAsync(Stream log, Stream to, bool follow, IHypervisor host, string machineId, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var on = follow && (await host.ObserveAsync(machineId, cancellation)).Power is ObservedPower.On or ObservedPower.Paused;
                await log.CopyToAsync(to, cancellation);
                await to.FlushAsync(cancellation);
                if (!on) return;
                await Task.Delay(Look, clock, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has left.
        }
    }
}
