namespace Warren.Cli.Tunnels;

/// <summary>Standard input, whose reads block: they do so on a thread of their own, and nobody waits for one that is not needed any more.</summary>
internal sealed class InTheBackground(Stream inner) : Stream
{
    private const int Chunk = 64 * 1024;

    // Its own: a read that nobody waits for any more may still fill it.
    private readonly byte[] _buffer = new byte[Chunk];

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = Math.Min(buffer.Length, Chunk);
        var read = await Task.Run(() => inner.Read(_buffer, 0, most), CancellationToken.None).WaitAsync(cancellationToken);
        _buffer.AsMemory(0, read).CopyTo(buffer);
        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
