namespace Warren.Hypervisors;

/// <summary>A kept log as a stream that begins where the log does, and may be read on when the guest has written more.</summary>
internal sealed class KeptLogStream(KeptLog log) : Stream
{
    private readonly long _origin = log.Start;
    private long _at = log.Start;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Bytes from the first one that was kept when it was opened.</summary>
    public override long Length => Math.Max(0, log.End - _origin);

    /// <inheritdoc/>
    public override long Position
    {
        get => _at - _origin;
        set => _at = _origin + value;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => Advance(log.Read(ref _at, buffer));

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + (origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        _ => Length,
    });

    /// <inheritdoc/>
    public override void Flush()
    {
        // It is only read.
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) log.Dispose();
        base.Dispose(disposing);
    }

    private int Advance(int read)
    {
        _at += read;
        return read;
    }
}
