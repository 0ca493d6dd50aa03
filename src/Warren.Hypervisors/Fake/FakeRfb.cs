using System.Buffers.Binary;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>The server's side of RFB 3.8 (RFC 6143) without authentication and with raw pixels only, as every viewer must take them.</summary>
internal sealed class FakeRfb(Stream line, string name, FakePicture picture, TimeProvider clock)
{
    // Longest clipboard text that is read, bytes; a longer one ends the connection.
    private const uint LongestText = 1 << 20;

    private FakePixelFormat _format = FakePixelFormat.Default;
    private (long Steps, int Keys)? _sent;
    private bool _asked;

    /// <summary>Serves one viewer until it leaves.</summary>
    /// <exception cref="IOException">It broke the protocol or went away.</exception>
    internal async Task ServeAsync(CancellationToken cancellation)
    {
        await GreetAsync(cancellation);
        var kind = new byte[1];
        var read = line.ReadAsync(kind, cancellation).AsTask();
        while (true)
        {
            var nextKey = picture.NextKey;
            if (_asked && _sent != picture.Version) await ShowAsync(0, 0, FakePicture.Width, FakePicture.Height, cancellation);
            if (_asked) await ReadOrChangeAsync(read, nextKey, cancellation);
            else await read;
            if (!read.IsCompleted) continue;
            if (await read == 0) return;
            await TakeAsync(kind[0], cancellation);
            read = line.ReadAsync(kind, cancellation).AsTask();
        }
    }

    private async Task GreetAsync(CancellationToken cancellation)
    {
        await line.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        if (!(await ReadAsync(12, cancellation)).AsSpan().SequenceEqual("RFB 003.008\n"u8))
        {
            // No security types, then the reason (RFC 6143, 7.1.2).
            await line.WriteAsync((byte[])[0, .. Text("only RFB 3.8 is spoken here")], cancellation);
            throw new IOException("the viewer speaks another version");
        }

        await line.WriteAsync((byte[])[1, 1], cancellation);
        if ((await ReadAsync(1, cancellation))[0] != 1)
        {
            await line.WriteAsync((byte[])[0, 0, 0, 1, .. Text("only the security type None is offered")], cancellation);
            throw new IOException("the viewer chose what was not offered");
        }

        await line.WriteAsync(new byte[4], cancellation);
        await ReadAsync(1, cancellation);
        await line.WriteAsync(
            (byte[])[.. Short(FakePicture.Width), .. Short(FakePicture.Height), .. _format.ToBytes(), .. Text(name)], cancellation);
    }

    /// <summary>One message of the viewer (RFC 6143, 7.5).</summary>
    private async Task TakeAsync(byte kind, CancellationToken cancellation)
    {
        switch (kind)
        {
            case 0:
                _format = FakePixelFormat.Parse((await ReadAsync(19, cancellation)).AsSpan(3)) ?? throw new IOException("colour maps are not offered");
                break;
            case 2:
                var count = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(3, cancellation)).AsSpan(1));
                await ReadAsync(4 * count, cancellation);
                break;
            case 3:
                await UpdateAsync(await ReadAsync(9, cancellation), cancellation);
                break;
            case 4:
                var key = await ReadAsync(7, cancellation);
                if (key[0] != 0) picture.Press(BinaryPrimitives.ReadUInt32BigEndian(key.AsSpan(3)));
                break;
            case 5:
                await ReadAsync(5, cancellation);
                break;
            case 6:
                var length = BinaryPrimitives.ReadUInt32BigEndian((await ReadAsync(7, cancellation)).AsSpan(3));
                if (length > LongestText) throw new IOException("the text is too long");
                await ReadAsync((int)length, cancellation);
                break;
            default:
                throw new IOException($"message {kind} is not known");
        }
    }

    private async Task UpdateAsync(byte[] request, CancellationToken cancellation)
    {
        var incremental = request[0] != 0;
        if (incremental && _sent is not null)
        {
            _asked = true;
            return;
        }

        int x = At(1), y = At(3);
        await ShowAsync(Math.Min(x, FakePicture.Width), Math.Min(y, FakePicture.Height),
            Math.Clamp(At(5), 0, Math.Max(0, FakePicture.Width - x)), Math.Clamp(At(7), 0, Math.Max(0, FakePicture.Height - y)), cancellation);

        int At(int offset) => BinaryPrimitives.ReadUInt16BigEndian(request.AsSpan(offset));
    }

    /// <summary>One update with one rectangle, encoding 0: raw (RFC 6143, 7.6.1 and 7.7.1).</summary>
    private async Task ShowAsync(int x, int y, int width, int height, CancellationToken cancellation)
    {
        _asked = false;
        _sent = picture.Version;
        await line.WriteAsync((byte[])[0, 0, 0, 1, .. Short(x), .. Short(y), .. Short(width), .. Short(height), 0, 0, 0, 0], cancellation);
        await line.WriteAsync(picture.Pixels(_format, x, y, width, height), cancellation);
    }

    private async Task ReadOrChangeAsync(Task read, Task nextKey, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(read, nextKey, Task.Delay(FakePicture.Step, clock, enough.Token));
        await enough.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task<byte[]> ReadAsync(int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await line.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static byte[] Short(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [0, 0, .. Short(bytes.Length), .. bytes];
    }
}
