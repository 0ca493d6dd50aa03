using System.IO.Pipelines;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>Two ends of a line; each reads what the other writes, and waits when the other does not read.</summary>
internal sealed class DuplexLine(PipeReader from, PipeWriter to) : Stream
{
    private readonly Stream _from = from.AsStream();
    private readonly Stream _to = to.AsStream();

    public static (DuplexLine Near, DuplexLine Far) Make(int holds = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: holds, resumeWriterThreshold: holds / 2, useSynchronizationContext: false);
        Pipe there = new(options), back = new(options);
        return (new(back.Reader, there.Writer), new(there.Reader, back.Writer));
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => _from.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _from.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _from.ReadAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => _to.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _to.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _to.WriteAsync(buffer, offset, count, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // Closing is told to both directions, as a socket does.
        from.Complete();
        to.Complete();
        base.Dispose(disposing);
    }
}
