using System.Buffers.Binary;
using System.Text;

namespace Hypervisors.Tests.Docker;

/// <summary>As much of RFB (RFC 6143) as it takes to see and to type.</summary>
internal sealed class RfbSession
{
    private readonly Stream _stream;
    private readonly int _width, _height;

    private RfbSession(Stream stream, int width, int height) => (_stream, _width, _height) = (stream, width, height);

    internal static async Task<RfbSession> OpenAsync(Stream stream, CancellationToken cancellation)
    {
        Encoding.ASCII.GetString(await TakeAsync(stream, 12, cancellation)).ShouldBe("RFB 003.008\n");
        await stream.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        (await TakeAsync(stream, (await TakeAsync(stream, 1, cancellation))[0], cancellation)).ShouldContain((byte)1);
        await stream.WriteAsync(new byte[] { 1 }, cancellation);
        (await TakeAsync(stream, 4, cancellation)).ShouldBe(new byte[4]);
        await stream.WriteAsync(new byte[] { 1 }, cancellation);
        var init = await TakeAsync(stream, 24, cancellation);
        await TakeAsync(stream, (int)BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(20)), cancellation);
        await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 5, 2, 0, 0, 0, 0 }, cancellation);
        await stream.WriteAsync(new byte[] { 2, 0, 0, 1, 0, 0, 0, 0 }, cancellation);
        return new RfbSession(stream, BinaryPrimitives.ReadUInt16BigEndian(init), BinaryPrimitives.ReadUInt16BigEndian(init.AsSpan(2)));
    }

    internal async Task<byte[]> PictureAsync(CancellationToken cancellation)
    {
        var request = new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)_width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)_height);
        await _stream.WriteAsync(request, cancellation);
        var pixels = new byte[_width * _height];
        for (var missing = pixels.Length; missing > 0;)
        {
            var head = await TakeAsync(_stream, 4, cancellation);
            head[0].ShouldBe((byte)0);
            for (var n = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)); n > 0; n--)
            {
                var at = await TakeAsync(_stream, 12, cancellation);
                int x = BinaryPrimitives.ReadUInt16BigEndian(at), y = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(2));
                int w = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(4)), h = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(6));
                for (var row = y; row < y + h; row++) await _stream.ReadExactlyAsync(pixels.AsMemory((row * _width) + x, w), cancellation);
                missing -= w * h;
            }
        }

        return pixels;
    }

    internal async Task PressAsync(char key, CancellationToken cancellation)
    {
        var symbol = key == '\r' ? 0xFF0D : key;
        foreach (var down in new byte[] { 1, 0 })
        {
            var message = new byte[] { 4, down, 0, 0, 0, 0, 0, 0 };
            BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), (uint)symbol);
            await _stream.WriteAsync(message, cancellation);
        }
    }

    private static async Task<byte[]> TakeAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
