using System.IO.Pipelines;

namespace Warren.Hypervisors.Fake;

/// <summary>One end of a line in memory: what one end writes the other reads. Disposing of an end closes the line.</summary>
internal sealed class FakeLine : Stream
{
    private readonly Stream _read;
    private readonly PipeWriter _writer;
    private readonly Stream _write;

    private FakeLine(PipeReader read, PipeWriter write)
    {
        _read = read.AsStream();
        _writer = write;
        _write = write.AsStream();
    }

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

    /// <summary>A line: one end for the caller, one for the imitation.</summary>
    internal static (FakeLine Caller, FakeLine Host) Make()
    {
        var there = new Pipe();
        var back = new Pipe();
        return (new FakeLine(back.Reader, there.Writer), new FakeLine(there.Reader, back.Writer));
    }

    /// <summary>The other end reads to its end what was written, and then nothing.</summary>
    internal void EndWriting() => _write.Dispose();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _read.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        _read.ReadAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => _read.Read(buffer, offset, count);

    /// <inheritdoc/>
    /// <exception cref="IOException">The other end has closed: as with a socket, whoever writes without end hears of it.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _writer.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted) throw new IOException("the other end of the line has closed");
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => _write.Write(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush() => _write.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => _write.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _read.Dispose();
            _write.Dispose();
        }

        base.Dispose(disposing);
    }
}
