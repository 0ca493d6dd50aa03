using System.Buffers;
using System.IO.Pipelines;
using Warren.Hypervisors.Libvirt.Connections;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>A machine's serial line as a stream.</summary>
internal sealed class ConsoleStream(ConsoleLine line, HostLine host) : Stream
{
    private readonly Stream _reader = line.FromGuest.Reader.AsStream();
    private readonly PipeWriter _writer = line.ToGuest.Writer;
    private int _closed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => _reader.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reader.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _writer.Write(buffer.Span);
        var flushing = _writer.FlushAsync(cancellationToken);
        line.WakeWriter();
        if ((await flushing).IsCompleted) throw new IOException("the line was closed");
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0) await CloseAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task CloseAsync()
    {
        await _reader.DisposeAsync();
        await _writer.CompleteAsync();
        try
        {
            await host.LookAsync(_ => { line.Close(); return 0; }, CancellationToken.None);
        }
        catch (Exception e) when (e is HypervisorException or ObjectDisposedException)
        {
            // The daemon is gone and the line with it.
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0) _ = CloseAsync();
        base.Dispose(disposing);
    }
}
