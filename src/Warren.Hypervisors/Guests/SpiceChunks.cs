using System.Buffers.Binary;

namespace Warren.Hypervisors.Guests;

/// <summary>Messages and types of SPICE's agent protocol (spice/vd_agent.h, VD_AGENT_* and VD_AGENT_CLIPBOARD_*).</summary>
internal static class SpiceMessage
{
    internal const uint Data = 4;
    internal const uint Capabilities = 6;
    internal const uint Grab = 7;
    internal const uint Request = 8;

    /// <summary>The type of a clipboard without anything.</summary>
    internal const uint Nothing = 0;

    /// <summary>The type of text in UTF-8.</summary>
    internal const uint Text = 1;
}

/// <summary>What an agent can do (VD_AGENT_CAP_*).</summary>
/// <param name="ByDemand">It says what there is, and sends it when asked.</param>
/// <param name="Selections">It says of which clipboard it speaks.</param>
/// <param name="LinesEndWithReturn">Its lines of text end as those of Windows do.</param>
internal sealed record SpiceCapabilities(bool ByDemand, bool Selections, bool LinesEndWithReturn)
{
    private const int ByDemandBit = 5;
    private const int SelectionBit = 6;
    private const int ReturnBit = 9;

    /// <summary>Ours: a clipboard on demand, and which.</summary>
    internal const uint Ours = 1 << ByDemandBit | 1 << SelectionBit;

    /// <summary>As announced: a number, and then the bits.</summary>
    internal static SpiceCapabilities Read(ReadOnlySpan<byte> announced)
    {
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(announced[4..]);
        return new((bits >> ByDemandBit & 1) != 0, (bits >> SelectionBit & 1) != 0, (bits >> ReturnBit & 1) != 0);
    }
}

/// <summary>
/// The wire: chunks of 8 bytes head (for whom, how long), and in them, across as many as it takes, messages of 20 bytes head (protocol,
/// type, a number that is not used, length).
/// </summary>
internal sealed class SpiceChunks(Stream line)
{
    private const int ChunkHead = 8;
    private const int MessageHead = 20;
    private const uint Protocol = 1;

    /// <summary>Where clipboards are spoken of (VDP_CLIENT_PORT).</summary>
    private const uint Port = 1;

    /// <summary>Longest chunk that agents take (VD_AGENT_MAX_DATA_SIZE), bytes.</summary>
    private const int LongestChunk = 2048;

    /// <summary>Bytes of a message that are kept: a text, and what stands before it.</summary>
    private const int LongestMessage = ISharedClipboard.LongestText + 64;

    private readonly byte[] _head = new byte[MessageHead];

    /// <summary>Bytes of the chunk that have not been read yet.</summary>
    private long _left;

    /// <summary>The next message that is of no unreasonable length.</summary>
    /// <exception cref="IOException">The line has ended, or what comes is not this protocol.</exception>
    internal async Task<(uint Type, ReadOnlyMemory<byte> Data)> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await ReadAsync(_head, cancellation);
            if (Number(0) != Protocol) throw new IOException($"the guest speaks version {Number(0)} of the SPICE agent's protocol");
            var (type, length) = (Number(4), Number(16));
            if (length <= LongestMessage)
            {
                var data = new byte[length];
                await ReadAsync(data, cancellation);
                return (type, data);
            }

            var dropped = new byte[LongestChunk];
            for (long rest = length; rest > 0; rest -= Math.Min(rest, dropped.Length))
                await ReadAsync(dropped.AsMemory(0, (int)Math.Min(rest, dropped.Length)), cancellation);
        }
    }

    /// <summary>A message in its chunks.</summary>
    internal static byte[] Of(uint type, ReadOnlySpan<byte> data)
    {
        var message = new byte[MessageHead + data.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, Protocol);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(16), (uint)data.Length);
        data.CopyTo(message.AsSpan(MessageHead));
        var chunks = (message.Length + LongestChunk - 1) / LongestChunk;
        var bytes = new byte[message.Length + chunks * ChunkHead];
        for (var (at, from) = (0, 0); from < message.Length; from += LongestChunk)
        {
            var part = Math.Min(LongestChunk, message.Length - from);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), Port);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + 4), (uint)part);
            message.AsSpan(from, part).CopyTo(bytes.AsSpan(at + ChunkHead));
            at += ChunkHead + part;
        }

        return bytes;
    }

    private uint Number(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(at));

    private async Task ReadAsync(Memory<byte> to, CancellationToken cancellation)
    {
        while (to.Length > 0)
        {
            while (_left == 0) _left = await ChunkAsync(cancellation);
            var part = (int)Math.Min(_left, to.Length);
            await line.ReadExactlyAsync(to[..part], cancellation);
            (to, _left) = (to[part..], _left - part);
        }
    }

    /// <summary>Begins the next chunk that is for us.</summary>
    private async Task<long> ChunkAsync(CancellationToken cancellation)
    {
        var head = new byte[ChunkHead];
        while (true)
        {
            await line.ReadExactlyAsync(head, cancellation);
            var (port, length) = (BinaryPrimitives.ReadUInt32LittleEndian(head), BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4)));
            if (port == Port) return length;
            if (length > LongestMessage) throw new IOException("the guest speaks something else than the SPICE agent's protocol");
            await line.ReadExactlyAsync(new byte[length], cancellation);
        }
    }
}
