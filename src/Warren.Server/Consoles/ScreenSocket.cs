using System.Net.WebSockets;
using System.Text;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles;

/// <summary>
/// A screen's WebSocket: its binary messages are the bytes of RFB, its text messages are JSON about the room (who is here, a
/// player's place). Texts go only to a client that offered <see cref="Protocol"/>: one that speaks nothing but RFB, as
/// noVNC does, sees a plain stream.
/// </summary>
/// <param name="socket">The socket; it stays the caller's.</param>
/// <param name="told">What to do with a text; null: they are read and dropped.</param>
internal sealed class ScreenSocket(WebSocket socket, Action<string>? told = null) : Stream
{
    /// <summary>The WebSocket subprotocol (RFC 6455, 1.9) of a client that takes texts between the bytes.</summary>
    public const string Protocol = "warren.screen";

    /// <summary>Longest text that is taken, bytes.</summary>
    public const int LongestText = 4096;

    private readonly SemaphoreSlim _turn = new(1);
    private byte[]? _text;
    private int _length;
    private volatile bool _closed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes that came in and went out as RFB.</summary>
    public long Received { get; private set; }

    /// <inheritdoc cref="Received"/>
    public long Sent { get; private set; }

    /// <summary>Whether the client takes texts.</summary>
    public bool Talks => socket.SubProtocol == Protocol;

    /// <exception cref="RfbException">A text is too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, cancellationToken);
            if (part.MessageType == WebSocketMessageType.Close) return 0;
            if (part.MessageType == WebSocketMessageType.Text) Hear(buffer.Span[..part.Count], part.EndOfMessage);
            else if (part.Count > 0 || buffer.IsEmpty)
            {
                Received += part.Count;
                return part.Count;
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await SendAsync(buffer, WebSocketMessageType.Binary, cancellationToken);
        Sent += buffer.Length;
    }

    /// <summary>Says good-bye. Nothing is sent from then on, but what comes is read: the stream ends when the client has said good-bye, too.</summary>
    public async Task CloseAsync(string why, WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure)
    {
        _closed = true;
        await ConsoleSockets.CloseAsync(socket, why, status);
    }

    /// <summary>Tells the client something, if it listens.</summary>
    public ValueTask TellAsync(ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        Talks ? SendAsync(json, WebSocketMessageType.Text, cancellation) : ValueTask.CompletedTask;

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Each message goes out as it is written.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _turn.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A WebSocket takes one message at a time, and two of us may have something to say.</summary>
    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType kind, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (!_closed) await socket.SendAsync(bytes, kind, endOfMessage: true, cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Hear(ReadOnlySpan<byte> part, bool last)
    {
        if (_length + part.Length > LongestText) throw new RfbException($"a text of more than {LongestText} bytes");
        part.CopyTo((_text ??= new byte[LongestText]).AsSpan(_length));
        _length += part.Length;
        if (!last) return;
        if (Talks) told?.Invoke(Encoding.UTF8.GetString(_text, 0, _length));
        _length = 0;
    }
}
