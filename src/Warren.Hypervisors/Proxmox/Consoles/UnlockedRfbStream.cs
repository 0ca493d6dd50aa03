namespace Warren.Hypervisors.Proxmox.Consoles;

/// <summary>
/// A screen that is logged in already, for a viewer that begins anew: the greeting with the security type None is answered
/// here, everything after it by the server (RFC 6143, 7.1; from ClientInit on).
/// </summary>
internal sealed class UnlockedRfbStream : Stream
{
    /// <summary>What the viewer says before ClientInit: its version, and the security type.</summary>
    private const int Version = 12, Choice = 13;

    private readonly Lock _lock = new();
    private byte[] _toViewer = "RFB 003.008\n"u8.ToArray();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _server;
    private readonly byte[] _first = new byte[4096];
    private Task<int>? _firstRead;
    private int _heard;

    /// <summary>Takes the server over. It is read from at once: before ClientInit it says nothing, but its end must be heard.</summary>
    internal UnlockedRfbStream(Stream server)
    {
        _server = server;
        _firstRead = server.ReadAsync(_first, CancellationToken.None).AsTask();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_toViewer.Length > 0)
                {
                    var count = Math.Min(buffer.Length, _toViewer.Length);
                    _toViewer.AsSpan(0, count).CopyTo(buffer.Span);
                    _toViewer = _toViewer[count..];
                    return count;
                }

                if (_heard >= Choice) break;
                more = _more.Task;
            }

            await Task.WhenAny(more, _firstRead!).WaitAsync(cancellationToken);
            // Nothing comes from the server yet but its end.
            if (_firstRead!.IsCompleted && (!_firstRead.IsCompletedSuccessfully || await _firstRead == 0)) return await _firstRead;
        }

        if (_firstRead is null) return await _server.ReadAsync(buffer, cancellationToken);
        return await FirstAsync(buffer, cancellationToken);
    }

    private async Task<int> FirstAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var read = await _firstRead!.WaitAsync(cancellation);
        _firstRead = null;
        lock (_lock) _toViewer = _first[..read];
        return read == 0 ? 0 : await ReadAsync(buffer, cancellation);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            while (_heard < Choice && buffer.Length > 0)
            {
                _heard++;
                // One security type, None; then the result of choosing it.
                if (_heard == Version) Say([1, 1]);
                if (_heard == Choice) Say([0, 0, 0, 0]);
                buffer = buffer[1..];
            }
        }

        if (buffer.Length > 0) await _server.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write asynchronously");

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _server.Dispose();
        base.Dispose(disposing);
    }

    private void Say(byte[] bytes)
    {
        _toViewer = [.. _toViewer, .. bytes];
        var heard = _more;
        _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        heard.SetResult();
    }
}
