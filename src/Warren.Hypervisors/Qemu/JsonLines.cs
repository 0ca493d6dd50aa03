using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu;

/// <summary>JSON objects, one a line, over a unix socket; a line's length is bounded because a guest may be the sender.</summary>
internal sealed class JsonLines(Socket socket, int longestLine = 4 << 20) : IDisposable
{
    private readonly byte[] _chunk = new byte[16 * 1024];
    private int _at;
    private int _end;

    /// <summary>Nothing has come that nobody has read, and the other side has not closed.</summary>
    internal bool IsQuiet => _at == _end && !socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Reads the next object.</summary>
    /// <exception cref="IOException">The other side closed or broke the bound.</exception>
    internal async Task<JsonNode> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var line = await ReadUntilAsync((byte)'\n', keep: true, cancellation);
            if (line.Length == 0) continue;
            return JsonNode.Parse(line) ?? throw new IOException("null instead of an object");
        }
    }

    /// <summary>Throws away everything up to and including a byte.</summary>
    internal Task SkipPastAsync(byte mark, CancellationToken cancellation) => ReadUntilAsync(mark, keep: false, cancellation);

    internal async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, cancellation)..];
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private async Task<byte[]> ReadUntilAsync(byte mark, bool keep, CancellationToken cancellation)
    {
        using var line = new MemoryStream();
        while (true)
        {
            if (_at == _end)
            {
                _end = await socket.ReceiveAsync(_chunk, cancellation);
                _at = 0;
                if (_end == 0) throw new IOException("the other side closed the connection");
            }

            var found = Array.IndexOf(_chunk, mark, _at, _end - _at);
            var until = found < 0 ? _end : found;
            if (keep) line.Write(_chunk, _at, until - _at);
            _at = found < 0 ? _end : found + 1;
            if (line.Length > longestLine) throw new IOException($"a line longer than {longestLine} bytes");
            if (found >= 0) return line.ToArray();
        }
    }
}
