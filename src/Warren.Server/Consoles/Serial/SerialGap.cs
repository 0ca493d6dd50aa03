using Warren.Hypervisors;

namespace Warren.Server.Consoles.Serial;

/// <summary>
/// Gives a terminal what the guest wrote while its line was closed, out of the serial log, which misses nothing. Where the log
/// and the line meet is found by their bytes: neither says how far the other is.
/// </summary>
internal sealed class SerialGap(TimeProvider clock)
{
    /// <summary>Bytes that are remembered of what the terminal has, to find the place in the log.</summary>
    private const int Remembered = 1024;

    /// <summary>Bytes of the line that surely occur once.</summary>
    private const int Distinct = 64;

    /// <summary>Bytes of the log's end that are looked at.</summary>
    private const int Window = 1 << 20;

    /// <summary>How long the log may be behind the line.</summary>
    private static readonly TimeSpan s_behind = TimeSpan.FromSeconds(10);

    /// <summary>How long a log may be on its way from another host; on a busy one it takes its time.</summary>
    private static readonly TimeSpan s_onItsWay = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(100);

    private byte[] _sent = [];

    /// <summary>Takes note of what the terminal was sent.</summary>
    public void Remember(ReadOnlySpan<byte> bytes) =>
        _sent = bytes.Length >= Remembered ? bytes[^Remembered..].ToArray() : [.. _sent.AsSpan(Math.Max(0, _sent.Length + bytes.Length - Remembered)), .. bytes];

    /// <summary>Sends what was missed and reads the line as far as it is sent already; what it gives after that is new.</summary>
    /// <param name="line">The line, just opened anew.</param>
    /// <param name="openLog">Opens the log of the machine where it is now.</param>
    /// <param name="send">Sends, and remembers.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task FillAsync(
        Stream line, Func<CancellationToken, Task<Stream?>> openLog, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken cancellation)
    {
        if (_sent.Length == 0) return;
        var began = clock.GetTimestamp();
        await CatchUpAsync(began, openLog, send, cancellation);
        var piece = await MoreAsync(line, [], cancellation);
        for (var looked = clock.GetTimestamp(); piece.Length > 0 && clock.GetElapsedTime(looked) < s_behind;)
        {
            // The log may be a little behind the line.
            await Task.Delay(Lag, clock, cancellation);
            if (await EndAsync(began, openLog, cancellation) is not { } log) break;
            var (sent, live) = (EndOf(log, _sent), EndOf(log, piece));
            if (sent < 0) break;
            if (live < 0) continue;
            if (live < log.Length && piece.Length < Distinct)
            {
                // The guest has written more, so this does not wait; a longer piece is not mistaken for another.
                piece = await MoreAsync(line, piece, cancellation);
                continue;
            }

            if (live >= sent) await send(log.AsMemory(sent, live - sent));
            else await SkipAsync(line, sent - live, send, cancellation);
            return;
        }

        if (piece.Length > 0) await send(piece);
    }

    /// <summary>Sends what was missed of a line that will not be opened again.</summary>
    public Task CatchUpAsync(Func<CancellationToken, Task<Stream?>> openLog, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken cancellation) =>
        CatchUpAsync(clock.GetTimestamp(), openLog, send, cancellation);

    private async Task CatchUpAsync(long began, Func<CancellationToken, Task<Stream?>> openLog, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken cancellation)
    {
        if (_sent.Length > 0 && await EndAsync(began, openLog, cancellation) is { } now && EndOf(now, _sent) is >= 0 and var had && had < now.Length) await send(now.AsMemory(had));
    }

    private static int EndOf(byte[] log, byte[] part) => log.AsSpan().LastIndexOf(part) is >= 0 and var at ? at + part.Length : -1;

    private static async Task<byte[]> MoreAsync(Stream line, byte[] piece, CancellationToken cancellation)
    {
        var buffer = new byte[Distinct];
        return await ReadAsync(line, buffer, cancellation) is > 0 and var read ? [.. piece, .. buffer.AsSpan(0, read)] : piece;
    }

    private static async Task SkipAsync(Stream line, int count, Func<ReadOnlyMemory<byte>, Task> send, CancellationToken cancellation)
    {
        var buffer = new byte[Window];
        while (count > 0)
        {
            var read = await ReadAsync(line, buffer, cancellation);
            if (read <= 0) return;
            if (read > count) await send(buffer.AsMemory(count, read - count));
            count -= read;
        }
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

    /// <summary>The end of the log, or null where there is none to be had.</summary>
    /// <param name="began">Since when it is waited for: the line is not read meanwhile.</param>
    /// <param name="openLog">Opens the log.</param>
    /// <param name="cancellation">Stops it.</param>
    private async Task<byte[]?> EndAsync(long began, Func<CancellationToken, Task<Stream?>> openLog, CancellationToken cancellation)
    {
        for (; ; await Task.Delay(Lag, clock, cancellation))
        {
            try
            {
                await using var log = await openLog(cancellation);
                if (log is null) return null;
                if (log.CanSeek) log.Position = Math.Max(0, log.Length - Window);
                using var end = new MemoryStream();
                await log.CopyToAsync(end, cancellation);
                var bytes = end.ToArray();
                return bytes.Length > Window ? bytes[^Window..] : bytes;
            }
            catch (Exception e) when (e is HypervisorException or IOException)
            {
                // Just arriving from another host, or the host is silent.
                var patience = e is HypervisorException { Kind: HypervisorErrorKind.Busy or HypervisorErrorKind.Unreachable } ? s_onItsWay : s_behind;
                if (clock.GetElapsedTime(began) > patience) return null;
            }
        }
    }
}
