using System.Buffers;
using Warren.Contracts;

namespace Warren.Cli.Tunnels;

/// <summary>Carries bytes between something here and a machine's port. Each direction ends by itself, as TCP's do.</summary>
internal static class TunnelPump
{
    private const int Chunk = 64 * 1024;

    /// <summary>Carries until both directions have ended.</summary>
    /// <param name="from">What is sent to the guest.</param>
    /// <param name="to">What takes what the guest sends.</param>
    /// <param name="endTo">Tells that there that no more comes.</param>
    /// <param name="port">The machine's port.</param>
    /// <param name="endsWithGuest">All is over when the guest sends no more: there may be somebody at the other end who would have to notice.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The connection to the guest ended before its time, with the reason.</exception>
    public static async Task RunAsync(Stream from, Stream to, Action endTo, PortStream port, bool endsWithGuest, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var up = UpAsync(from, port, both.Token);
        var down = DownAsync(port, to, endTo, both.Token);
        try
        {
            // A failure of either ends both; why the connection ended is told by the direction that hears it.
            if (await Task.WhenAny(up, down) == up && up.Exception?.InnerException is not PortEndedException) await up;
            await down;
            if (!endsWithGuest) await up;
        }
        finally
        {
            await both.CancelAsync();
            _ = Task.WhenAll(up, down).ContinueWith(static t => t.Exception, TaskScheduler.Default);
        }
    }

    private static async Task UpAsync(Stream from, PortStream port, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (await from.ReadAsync(buffer, cancellation) is > 0 and var read) await port.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await port.EndSendingAsync(cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task DownAsync(PortStream port, Stream to, Action endTo, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (await port.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
                await to.FlushAsync(cancellation);
            }

            endTo();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
