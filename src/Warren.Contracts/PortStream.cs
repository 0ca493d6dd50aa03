using System.Net.WebSockets;

namespace Warren.Contracts;

/// <summary>
/// A TCP connection to a machine's port, carried by a WebSocket. A read of nothing means that the guest sends no more; a connection that
/// ended otherwise throws <see cref="PortEndedException"/> with the reason. One reads and one writes at a time.
/// </summary>
public sealed class PortStream : Stream
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(2);

    private readonly WebSocket _socket;
    private bool _guestEnded;
    private bool _ended;
    private bool _inMessage;
    private int _disposed;

    internal PortStream(WebSocket socket) => _socket = socket;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Tells the guest that nothing more comes; what it sends can still be read.</summary>
    /// <exception cref="PortEndedException">The connection has ended.</exception>
    public async Task EndSendingAsync(CancellationToken cancellation = default)
    {
        if (_ended) return;
        _ended = true;
        await SendAsync(ReadOnlyMemory<byte>.Empty, cancellation);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0) return 0;
        try
        {
            while (!_guestEnded)
            {
                var received = await _socket.ReceiveAsync(buffer, cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    if (_socket.CloseStatus != WebSocketCloseStatus.NormalClosure) throw Ended(null);
                    _guestEnded = true;
                    return 0;
                }

                _guestEnded = received is { Count: 0, EndOfMessage: true } && !_inMessage;
                _inMessage = !received.EndOfMessage;
                if (received.Count > 0) return received.Count;
            }

            return 0;
        }
        catch (WebSocketException e)
        {
            throw Ended(e);
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        // An empty message would be the end.
        return buffer.Length == 0 ? ValueTask.CompletedTask : SendAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write asynchronously");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        using var limit = new CancellationTokenSource(s_farewell);
        try
        {
            // Nothing is waited for but that it is sent.
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // It was over already.
        }

        _socket.Dispose();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _socket.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
        {
            throw Ended(e);
        }
    }

    private PortEndedException Ended(Exception? inner) => new($"the connection has ended: {(_socket.CloseStatusDescription is { Length: > 0 } why ? why : "the server cannot be reached any more")}", inner);
}

/// <summary>A connection to a machine's port ended before its time.</summary>
/// <param name="message">Why.</param>
/// <param name="inner">What told.</param>
public sealed class PortEndedException(string message, Exception? inner) : IOException(message, inner);
