using System.Buffers.Binary;
using System.Text;
using System.Threading.Channels;

namespace Warren.Hypervisors.Guests;

/// <summary>
/// The host's side of SPICE's agent protocol (spice-protocol, spice/vd_agent.h), as far as it is about a clipboard of text. Messages come
/// in chunks, all numbers little-endian. Who has copied says so (a grab), and is asked for the text (a request).
/// </summary>
/// <remarks>
/// Nothing a guest can send takes more memory than the longest text: of what is longer, or of a kind that is not known here, the bytes
/// are read and dropped.
/// </remarks>
internal sealed class SpiceAgent : ISharedClipboard
{
    /// <summary>Name of the port by which an agent finds its host.</summary>
    internal const string PortName = "com.redhat.spice.0";

    /// <summary>Between two texts that are asked for: people copy no faster, and a guest that does keeps only itself waiting.</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(100);

    private readonly Stream _line;
    private readonly TimeProvider _clock;
    private readonly SpiceChunks _chunks;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _reading;

    /// <summary>Of several texts that nobody has taken only the last counts.</summary>
    private readonly Channel<string> _copied = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private SpiceCapabilities? _guest;
    private byte[]? _offer;
    private long _askedAt;
    private bool _asked;

    /// <summary>Joins; the line is this one's from now on.</summary>
    internal SpiceAgent(Stream line, TimeProvider clock)
    {
        (_line, _clock) = (line, clock);
        _chunks = new SpiceChunks(line);
        _reading = RunAsync(_closed.Token);
    }

    /// <inheritdoc/>
    public async Task<string> NextAsync(CancellationToken cancellation)
    {
        try
        {
            return await _copied.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException("the clipboard's line was closed", e.InnerException);
        }
    }

    /// <inheritdoc/>
    public async Task OfferAsync(string text, CancellationToken cancellation)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > ISharedClipboard.LongestText) throw new ArgumentException($"the text is longer than {ISharedClipboard.LongestText} bytes", nameof(text));
        _offer = bytes;
        if (_guest is { } guest) await GrabAsync(guest, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _line.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closed.Dispose();
        _turn.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            // An agent that was there before us answers with what it can do; one that comes later asks us.
            await AnnounceAsync(ask: true, cancellation);
            while (true) await HearAsync(await _chunks.NextAsync(cancellation), cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            _copied.Writer.TryComplete(e);
        }
    }

    private async Task HearAsync((uint Type, ReadOnlyMemory<byte> Data) message, CancellationToken cancellation)
    {
        switch (message.Type)
        {
            case SpiceMessage.Capabilities when message.Data.Length >= 8:
                _guest = SpiceCapabilities.Read(message.Data.Span);
                if (BinaryPrimitives.ReadUInt32LittleEndian(message.Data.Span) != 0) await AnnounceAsync(ask: false, cancellation);
                await GrabAsync(_guest, cancellation);
                break;
            case SpiceMessage.Grab when OfClipboard(message.Data) is { } types && Numbers(types).Contains(SpiceMessage.Text):
                // What we had offered is no longer on the clipboard.
                _offer = null;
                await AskAsync(cancellation);
                break;
            case SpiceMessage.Request when OfClipboard(message.Data) is { Length: >= 4 }:
                await SendAsync(SpiceMessage.Data, _offer is { } offer ? [.. Number(SpiceMessage.Text), .. InGuest(offer)] : Number(SpiceMessage.Nothing), cancellation);
                break;
            case SpiceMessage.Data when _asked && OfClipboard(message.Data) is { Length: >= 4 } data && Numbers(data[..4])[0] == SpiceMessage.Text:
                _asked = false;
                // Some agents send the zero at its end, too.
                _copied.Writer.TryWrite(Encoding.UTF8.GetString(data.Span[4..].TrimEnd((byte)0)).Replace("\r\n", "\n", StringComparison.Ordinal));
                break;
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        if (_askedAt != 0 && s_pace - _clock.GetElapsedTime(_askedAt) is var rest && rest > TimeSpan.Zero) await Task.Delay(rest, _clock, cancellation);
        (_askedAt, _asked) = (_clock.GetTimestamp(), true);
        await SendAsync(SpiceMessage.Request, Number(SpiceMessage.Text), cancellation);
    }

    private Task AnnounceAsync(bool ask, CancellationToken cancellation) =>
        SendRawAsync(SpiceMessage.Capabilities, [.. Number(ask ? 1u : 0), .. Number(SpiceCapabilities.Ours)], cancellation);

    /// <summary>Says that there is something to be had from us.</summary>
    private Task GrabAsync(SpiceCapabilities guest, CancellationToken cancellation) =>
        _offer is null || !guest.ByDemand ? Task.CompletedTask : SendAsync(SpiceMessage.Grab, Number(SpiceMessage.Text), cancellation);

    /// <summary>What is said of the one clipboard that is shared, and not of what is merely selected; null: of another.</summary>
    private ReadOnlyMemory<byte>? OfClipboard(ReadOnlyMemory<byte> data)
    {
        if (_guest is not { Selections: true }) return data;
        return data.Length >= 4 && data.Span[0] == 0 ? data[4..] : null;
    }

    private Task SendAsync(uint type, byte[] data, CancellationToken cancellation) =>
        SendRawAsync(type, _guest is { Selections: true } ? [0, 0, 0, 0, .. data] : data, cancellation);

    private async Task SendRawAsync(uint type, byte[] data, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await _line.WriteAsync(SpiceChunks.Of(type, data), cancellation);
        }
        finally
        {
            _turn.Release();
        }
    }

    private byte[] InGuest(byte[] text) =>
        _guest is { LinesEndWithReturn: true } ? Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace("\n", "\r\n", StringComparison.Ordinal)) : text;

    private static byte[] Number(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static uint[] Numbers(ReadOnlyMemory<byte> bytes)
    {
        var numbers = new uint[bytes.Length / 4];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[(i * 4)..]);
        return numbers;
    }
}
