using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Warren.Hypervisors.Guests;

namespace Hypervisors.Tests.Guests;

/// <summary>The host's side of SPICE's agent protocol, against bytes written by hand after spice/vd_agent.h.</summary>
public sealed class SpiceAgentTests : IAsyncDisposable
{
    private readonly Pipe _up = new(), _down = new();
    private readonly SpiceAgent _agent;

    public SpiceAgentTests() => _agent = new SpiceAgent(new Line(_down.Reader.AsStream(), _up.Writer.AsStream()), TimeProvider.System);

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task What_is_copied_in_the_guest_is_asked_for_and_told()
    {
        await GreetAsync(caps: 0x60);
        // Selected only (VD_AGENT_CLIPBOARD_SELECTION_PRIMARY), a picture, and then a text among others.
        await SayAsync(7, [1, 0, 0, 0, 1, 0, 0, 0]);
        await SayAsync(7, [0, 0, 0, 0, 2, 0, 0, 0]);
        await SayAsync(7, [0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]);
        (await HearAsync()).ShouldBe((8u, "00000000 01000000"));
        await SayAsync(4, [0, 0, 0, 0, 1, 0, 0, 0, .. "grüße\r\nzwei"u8]);
        (await NextAsync()).ShouldBe("grüße\nzwei");
    }

    [Theory]
    [InlineData(0x60u, "00000000 ", "two\nlines")]
    [InlineData(0x260u, "00000000 ", "two\r\nlines")]
    [InlineData(0x20u, "", "two\nlines")]
    public async Task What_is_offered_is_given_when_the_guest_asks_in_the_way_that_it_understands(uint caps, string selection, string expected)
    {
        // Before the guest's agent is there: it is told when it comes.
        await _agent.OfferAsync("two\nlines", TestContext.Current.CancellationToken);
        await GreetAsync(caps);
        (await HearAsync()).ShouldBe((7u, selection + "01000000"));
        await SayAsync(8, [.. selection.Length > 0 ? new byte[4] : [], 1, 0, 0, 0]);
        (await HearAsync()).ShouldBe((4u, selection + "01000000 " + Hex(Encoding.UTF8.GetBytes(expected))));
        // Copied there since: ours is no longer to be had.
        await SayAsync(7, [.. selection.Length > 0 ? new byte[4] : [], 1, 0, 0, 0]);
        (await HearAsync()).Type.ShouldBe(8u);
        await SayAsync(8, [.. selection.Length > 0 ? new byte[4] : [], 1, 0, 0, 0]);
        (await HearAsync()).ShouldBe((4u, selection + "00000000"));
    }

    [Fact]
    public async Task An_agent_that_asks_what_we_can_do_is_told_each_time()
    {
        await GreetAsync(caps: 0x60);
        for (var i = 0; i < 3; i++)
        {
            await SayAsync(6, [1, 0, 0, 0, 0x60, 0, 0, 0]);
            (await HearAsync()).ShouldBe((6u, "00000000 60000000"));
        }
    }

    [Fact]
    public async Task A_long_text_goes_in_chunks_and_comes_in_chunks_of_any_size()
    {
        await GreetAsync(caps: 0x60);
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i} ü "));
        await _agent.OfferAsync(text, TestContext.Current.CancellationToken);
        (await HearAsync()).Type.ShouldBe(7u);
        await SayAsync(8, [0, 0, 0, 0, 1, 0, 0, 0]);
        var (type, bytes) = await HearRawAsync();
        (type, Encoding.UTF8.GetString(bytes[8..])).ShouldBe((4u, text));
        for (var chunk = 1; chunk < 5000; chunk = chunk * 7 + 3)
        {
            await GrabAsync();
            await SayAsync(4, [0, 0, 0, 0, 1, 0, 0, 0, .. Encoding.UTF8.GetBytes(text[..3000] + chunk)], chunk);
            (await NextAsync()).ShouldBe(text[..3000] + chunk);
        }
    }

    [Fact]
    public async Task What_is_too_long_unknown_or_cut_short_is_dropped_and_the_next_is_heard()
    {
        await GreetAsync(caps: 0x60);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await SayAsync(4, [0, 0, 0, 0, 1, 0, 0, 0, .. new byte[40 << 20]], 1 << 20);
        await SayAsync(99, [1, 2, 3]);
        foreach (var type in new uint[] { 4, 6, 7, 8 })
        foreach (var length in new[] { 0, 1, 3, 4, 7 })
            await SayAsync(type, new byte[length]);
        await SayAsync(4, [0, 0, 0, 0, 1, 0, 0, 0, .. "nobody asked"u8]);
        await GrabAsync();
        await SayAsync(4, [0, 0, 0, 0, 1, 0, 0, 0, .. "well"u8]);
        (await NextAsync()).ShouldBe("well");
        // What this test itself makes of it is some 200 MiB.
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(400L << 20);
    }

    [Fact]
    public async Task Something_else_on_the_line_ends_it_at_once()
    {
        await GreetAsync(caps: 0x60);
        await _down.Writer.WriteAsync("HTTP/1.1 200 OK\r\nServer: something else altogether\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await Should.ThrowAsync<IOException>(NextAsync);
    }

    /// <summary>A text is copied in the guest, and asked for; what else there was to be heard before is passed over.</summary>
    private async Task GrabAsync()
    {
        await SayAsync(7, [0, 0, 0, 0, 1, 0, 0, 0]);
        while ((await HearAsync()).Type != 8)
        {
            // An answer to something that was cut short.
        }
    }

    private async Task GreetAsync(uint caps)
    {
        (await HearAsync()).ShouldBe((6u, "01000000 60000000"));
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), caps);
        await SayAsync(6, bytes);
    }

    private async Task SayAsync(uint type, byte[] data, int chunk = 1024)
    {
        var message = new byte[20 + data.Length];
        (message[0], message[4]) = (1, (byte)type);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(16), data.Length);
        data.CopyTo(message, 20);
        for (var at = 0; at < message.Length; at += chunk)
        {
            var part = message.AsMemory(at, Math.Min(chunk, message.Length - at));
            var head = new byte[8];
            head[0] = 1;
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), part.Length);
            await _down.Writer.WriteAsync(head, TestContext.Current.CancellationToken);
            await _down.Writer.WriteAsync(part, TestContext.Current.CancellationToken);
        }
    }

    private async Task<(uint Type, string Data)> HearAsync()
    {
        var (type, data) = await HearRawAsync();
        return (type, Hex(data));
    }

    private async Task<(uint Type, byte[] Data)> HearRawAsync()
    {
        using var message = new MemoryStream();
        var from = _up.Reader.AsStream(leaveOpen: true);
        do
        {
            var head = new byte[8];
            await from.ReadExactlyAsync(head, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            BinaryPrimitives.ReadUInt32LittleEndian(head).ShouldBe(1u);
            var part = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4))];
            part.Length.ShouldBeLessThanOrEqualTo(2048, "VD_AGENT_MAX_DATA_SIZE");
            await from.ReadExactlyAsync(part, TestContext.Current.CancellationToken);
            message.Write(part);
        }
        while (message.Length < 20 || message.Length < 20 + BinaryPrimitives.ReadInt32LittleEndian(message.GetBuffer().AsSpan(16)));
        BinaryPrimitives.ReadUInt32LittleEndian(message.GetBuffer()).ShouldBe(1u);
        return (BinaryPrimitives.ReadUInt32LittleEndian(message.GetBuffer().AsSpan(4)), message.ToArray()[20..]);
    }

    private Task<string> NextAsync() => _agent.NextAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30));

    private static string Hex(byte[] bytes) => string.Join(' ', bytes.Chunk(4).Select(Convert.ToHexStringLower));

    private sealed class Line(Stream read, Stream write) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new UnreachableException();

        public override long Position { get => throw new UnreachableException(); set => throw new UnreachableException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => read.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => write.WriteAsync(buffer, cancellationToken);

        public override void Flush() => throw new UnreachableException();

        public override int Read(byte[] buffer, int offset, int count) => throw new UnreachableException();

        public override long Seek(long offset, SeekOrigin origin) => throw new UnreachableException();

        public override void SetLength(long value) => throw new UnreachableException();

        public override void Write(byte[] buffer, int offset, int count) => throw new UnreachableException();
    }
}
