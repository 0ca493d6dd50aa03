using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// Whether the firmware has run, by what it drew: nothing else is told by every image of this style. Before the firmware
/// sets a mode, QEMU shows a still notice of its own at 640x480; so a picture of another size that is not of one colour
/// counts, and so does one that has changed since the last look.
/// </summary>
internal sealed class ScreenProbe(DockerScreen screen, TimeProvider clock)
{
    private const int NoticeWidth = 640, NoticeHeight = 480, LargestSide = 8192;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    // By machine: the run it was seen in, and the digest of the first picture while nothing is decided.
    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    private sealed record Seen(string Run, bool Drawn, string? First);

    internal async Task<bool> HasDrawnAsync(string id, MachineContainer machine, CancellationToken cancellation)
    {
        var run = machine.NativeId + machine.StartedAt;
        var before = _seen.TryGetValue(id, out var known) && known.Run == run ? known : new Seen(run, false, null);
        // A frozen container accepts connections and never answers.
        if (before.Drawn || machine.Power != ObservedPower.On) return before.Drawn;
        if (await LookAsync(machine, cancellation) is not { } picture) return false;
        var drawn = picture.Mixed && (!picture.MayBeNotice || (before.First is not null && before.First != picture.Digest));
        _seen[id] = before with { Drawn = drawn, First = before.First ?? picture.Digest };
        return drawn;
    }

    internal void Forget(string id) => _seen.TryRemove(id, out _);

    private async Task<Picture?> LookAsync(MachineContainer machine, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(s_limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await using var stream = await screen.OpenAsync(machine, either.Token);
            return await ReadAsync(stream, either.Token);
        }
        catch (Exception e) when (e is HypervisorException or IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>One full picture in 8 bits a pixel (RFC 6143: 7.1 handshake, 7.4 pixel format, 7.5.3 request, 7.6.1 update, raw encoding).</summary>
    private static async Task<Picture?> ReadAsync(Stream rfb, CancellationToken cancellation)
    {
        await TakeAsync(rfb, 12, cancellation);
        await rfb.WriteAsync("RFB 003.008\n"u8.ToArray(), cancellation);
        var types = await TakeAsync(rfb, (await TakeAsync(rfb, 1, cancellation))[0], cancellation);
        if (!types.Contains((byte)1)) return null;
        await rfb.WriteAsync(new byte[] { 1 }, cancellation);
        if (BinaryPrimitives.ReadUInt32BigEndian(await TakeAsync(rfb, 4, cancellation)) != 0) return null;
        await rfb.WriteAsync(new byte[] { 1 }, cancellation);
        var init = await TakeAsync(rfb, 24, cancellation);
        int width = BinaryPrimitives.ReadUInt16BigEndian(init), height = BinaryPrimitives.ReadUInt16BigEndian(init.AsSpan(2));
        var nameLength = BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(20));
        if (width is < 1 or > LargestSide || height is < 1 or > LargestSide || nameLength > 4096) return null;
        await TakeAsync(rfb, (int)nameLength, cancellation);
        // 8 bits, depth 8, true colour, 3-3-2 bits; then raw as the only encoding; then a request for all of it.
        await rfb.WriteAsync(new byte[] { 0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 5, 2, 0, 0, 0, 0 }, cancellation);
        await rfb.WriteAsync(new byte[] { 2, 0, 0, 1, 0, 0, 0, 0 }, cancellation);
        var request = new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)height);
        await rfb.WriteAsync(request, cancellation);
        var pixels = new byte[width * height];
        for (var missing = (long)pixels.Length; missing > 0;)
        {
            var head = await TakeAsync(rfb, 4, cancellation);
            if (head[0] != 0) return null;
            for (var rectangles = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)); rectangles > 0; rectangles--)
            {
                var at = await TakeAsync(rfb, 12, cancellation);
                int x = BinaryPrimitives.ReadUInt16BigEndian(at), y = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(2));
                int w = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(4)), h = BinaryPrimitives.ReadUInt16BigEndian(at.AsSpan(6));
                if (BinaryPrimitives.ReadInt32BigEndian(at.AsSpan(8)) != 0 || x + w > width || y + h > height) return null;
                for (var row = y; row < y + h; row++) await rfb.ReadExactlyAsync(pixels.AsMemory((row * width) + x, w), cancellation);
                missing -= (long)w * h;
            }
        }

        return new Picture(
            Mixed: pixels.AsSpan().ContainsAnyExcept(pixels[0]),
            MayBeNotice: width == NoticeWidth && height == NoticeHeight,
            Digest: Convert.ToHexString(SHA256.HashData(pixels)));
    }

    private sealed record Picture(bool Mixed, bool MayBeNotice, string Digest);

    private static async Task<byte[]> TakeAsync(Stream stream, int count, CancellationToken cancellation)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
