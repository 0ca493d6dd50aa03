using System.Buffers;
using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Consoles;

/// <summary>
/// Carries bytes between a terminal's WebSocket and a machine's serial line. When the line ends while the machine is still
/// on, it has moved or its host lost the connection: the line is opened again where the machine is now, and the terminal
/// stays as it is: it is sent from the serial log what the guest wrote meanwhile, and what is typed meanwhile waits.
/// </summary>
internal sealed class SerialRelay(HostDirectory hosts, IDbContextFactory<WarrenDb> databases, TimeProvider clock)
{
    private const int Chunk = 16 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a terminal gets to take note that the line has ended.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>How long a machine that is meant to be on may be nowhere before the console ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Opens the line where the machine is now.</summary>
    /// <exception cref="RefusedException">The machine is gone, off, or its hypervisor has no serial line.</exception>
    /// <exception cref="HypervisorException">Its host does not answer.</exception>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var machine = await db.Machines.AsNoTracking().SingleOrDefaultAsync(m => m.Id == machineId, cancellation)
            ?? throw new RefusedException(Problems.NotFound("The machine is gone."));
        if (machine.State is MachineState.Stopped or MachineState.Failed or MachineState.Deleting or MachineState.Suspended)
            throw new RefusedException(Problems.IllegalState("The machine is off; its serial line is dead."));
        var serial = (await hosts.DriverAsync(machine.Host, cancellation)).Serial
            ?? throw new RefusedException(Problems.Unsupported("This machine's hypervisor has no serial line."));
        return await serial.OpenAsync(machineId, cancellation);
    }

    /// <summary>Carries bytes until the terminal closes or the machine is off.</summary>
    public async Task RunAsync(WebSocket terminal, Stream line, string machineId, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var current = new Current(line);
        try
        {
            var up = UpAsync(terminal, current, both.Token);
            var down = DownAsync(current, terminal, machineId, both.Token);
            await Task.WhenAny(up, down);
            await ScreenRelay.CloseAsync(terminal, up.IsCompleted ? "bye" : down.IsFaulted ? "the server failed; connect again" : "the machine is off");
            // Cancelling a read resets the connection, and the good-bye might not arrive: the terminal gets a moment to answer it.
            await Task.WhenAny(up, Task.Delay(Farewell, clock, cancellation));
            await both.CancelAsync();
            await Task.WhenAll(up, down);
        }
        finally
        {
            // A line that stays open keeps everybody else out.
            await current.Line.DisposeAsync();
        }
    }

    private async Task DownAsync(Current current, WebSocket to, string machineId, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        var gap = new SerialGap(clock);
        try
        {
            while (true)
            {
                while (await ReadAsync(current.Line, buffer, cancellation) is > 0 and var read) await SendAsync(buffer.AsMemory(0, read));
                if (!await ReopenAsync(current, machineId, cancellation)) return;
                await gap.FillAsync(current.Line, c => OpenLogAsync(machineId, c), SendAsync, cancellation);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The terminal has gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        async Task SendAsync(ReadOnlyMemory<byte> bytes)
        {
            await to.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
            gap.Remember(bytes.Span);
        }
    }

    private async Task<Stream?> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var host = await db.Machines.Where(m => m.Id == machineId).Select(m => m.Host).SingleOrDefaultAsync(cancellation);
        return host is not null && (await hosts.DriverAsync(host, cancellation)).Serial is { } serial ? await serial.OpenLogAsync(machineId, cancellation) : null;
    }

    private static async Task<int> ReadAsync(Stream line, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await line.ReadAsync(buffer, cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <returns>False: the machine is off or gone, or was nowhere for too long.</returns>
    private async Task<bool> ReopenAsync(Current current, string machineId, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < Patience)
        {
            // First of all: a line that ends as soon as it is opened must not be opened without end.
            await Task.Delay(Pause, clock, cancellation);
            try
            {
                await current.ReplaceAsync(await OpenAsync(machineId, cancellation));
                return true;
            }
            catch (RefusedException)
            {
                return false;
            }
            catch (HypervisorException)
            {
                // On its way, or its host is silent; the row tells when it is off.
            }
        }

        return false;
    }

    private static async Task UpAsync(WebSocket from, Current current, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (true)
            {
                var received = await from.ReceiveAsync(buffer.AsMemory(), cancellation);
                if (received.MessageType == WebSocketMessageType.Close) return;
                await current.WriteAsync(buffer.AsMemory(0, received.Count), cancellation);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The terminal has gone, or the machine is off.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The line as it is open now; who writes to one that has ended waits for the next.</summary>
    private sealed class Current(Stream first)
    {
        private TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Stream Line { get; private set; } = first;

        public async Task ReplaceAsync(Stream line)
        {
            var old = Line;
            Line = line;
            Interlocked.Exchange(ref _replaced, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            await old.DisposeAsync();
        }

        public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
        {
            while (true)
            {
                var (line, replaced) = (Line, Volatile.Read(ref _replaced).Task);
                try
                {
                    await line.WriteAsync(bytes, cancellation);
                    await line.FlushAsync(cancellation);
                    return;
                }
                catch (Exception e) when (e is IOException or ObjectDisposedException)
                {
                    if (ReferenceEquals(line, Line)) await replaced.WaitAsync(cancellation);
                }
            }
        }
    }
}
