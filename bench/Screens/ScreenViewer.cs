using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Warren.Bench.Screens;

/// <summary>Where a viewer connects.</summary>
/// <param name="End">The address.</param>
/// <param name="Upgrade">The request that makes it a WebSocket; null for bare RFB.</param>
internal sealed record ScreenAddress(System.Net.EndPoint End, string? Upgrade)
{
    public static ScreenAddress WebSocket(Uri uri, string headers = "") => new(
        new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, uri.Port),
        $"GET {uri.PathAndQuery} HTTP/1.1\r\nHost: {uri.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n{headers}\r\n");
}

/// <summary>How a viewer looks.</summary>
/// <param name="Tight">It understands Tight, else Raw only.</param>
/// <param name="Bits">32, or 16 for RGB565.</param>
internal sealed record ViewerKind(bool Tight = false, int Bits = 32);

/// <summary>
/// A viewer that does as noVNC does, and counts what comes: it takes updates without asking where that is offered (rfbproto,
/// ContinuousUpdates and Fence), and else asks for the next one whenever it has had one.
/// </summary>
internal sealed class ScreenViewer : IDisposable
{
    private const int Masked = 128;
    private static readonly byte[] s_mask = [0x37, 0xfa, 0x21, 0x3d];

    /// <summary>The encodings Fence and ContinuousUpdates.</summary>
    private static readonly byte[] s_continuous = [0xff, 0xff, 0xfe, 0xc8, 0xff, 0xff, 0xfe, 0xc7];
    private readonly ScreenAddress _address;
    private readonly RfbCounter _counter;
    private readonly byte[] _head = new byte[10];
    private readonly byte[] _ask;
    private int _headHas;
    private int _headWants = 2;
    private long _payload;
    private bool _control;
    private bool _unasked;

    private ScreenViewer(ScreenAddress address, ViewerKind kind, bool stalls)
    {
        _address = address;
        _counter = new RfbCounter(kind.Bits / 8);
        _ask = Frame([3, 1, 0, 0, 0, 0, .. Short(Scene.Width), .. Short(Scene.Height)]);
        Socket = new Socket(address.End.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        if (stalls) Socket.ReceiveBufferSize = 16 * 1024;
        if (address.End.AddressFamily != AddressFamily.Unix) Socket.NoDelay = true;
    }

    public Socket Socket { get; }

    /// <summary>Bytes of RFB that came.</summary>
    public long Bytes { get; private set; }

    public long Updates => _counter.Updates;

    /// <summary>Where the age of each mark goes, milliseconds; null: nowhere.</summary>
    public List<double>? Ages { get; set; }

    /// <summary>Connects, greets and asks for the whole picture.</summary>
    /// <param name="address">Where.</param>
    /// <param name="kind">What it wants.</param>
    /// <param name="stalls">It asks for it again and again, and will never read it.</param>
    public static ScreenViewer Open(ScreenAddress address, ViewerKind kind, bool stalls = false)
    {
        var viewer = new ScreenViewer(address, kind, stalls);
        viewer.Greet();
        if (kind.Bits == 16) viewer.Write([0, 0, 0, 0, 16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0]);
        viewer.Write(kind.Tight
            ? [2, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, .. s_continuous]
            : [2, 0, 0, 3, 0, 0, 0, 0, .. s_continuous]);
        for (var i = 0; i < (stalls ? 16 : 1); i++) viewer.Write([3, 0, 0, 0, 0, 0, .. Short(Scene.Width), .. Short(Scene.Height)]);
        viewer.Socket.Blocking = false;
        return viewer;
    }

    /// <summary>Reads what is there once; false when the other side has left.</summary>
    public bool Read(byte[] buffer)
    {
        var read = Socket.Receive(buffer, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock) return true;
        if (read == 0) return false;
        if (_address.Upgrade is null) Take(buffer.AsSpan(0, read));
        else Unframe(buffer.AsSpan(0, read));
        return true;
    }

    public void Dispose() => Socket.Dispose();

    private void Take(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        var updated = _counter.Take(bytes);
        if (Ages is not null && _counter.Corner is { } colour && Marks.Age(colour) is { } age) Ages.Add(age);
        if (_counter.Offered && !_unasked)
        {
            _unasked = true;
            Write([150, 1, 0, 0, 0, 0, .. Short(Scene.Width), .. Short(Scene.Height)]);
        }

        while (_counter.Fences.TryDequeue(out var fence)) Write([248, 0, 0, 0, 0, 0, 0, 0, (byte)fence.Length, .. fence]);
        if (updated && !_unasked) Socket.Send(_ask);
    }

    /// <summary>Takes the frames off (RFC 6455, 5.2); the server's are not masked, and no control frame is answered.</summary>
    private void Unframe(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_payload > 0)
            {
                var part = (int)Math.Min(_payload, bytes.Length);
                if (!_control) Take(bytes[..part]);
                _payload -= part;
                bytes = bytes[part..];
                continue;
            }

            _head[_headHas++] = bytes[0];
            bytes = bytes[1..];
            if (_headHas == 2) _headWants = _head[1] switch { 126 => 4, 127 => 10, _ => 2 };
            if (_headHas < _headWants) continue;
            _control = (_head[0] & 15) > 7;
            _payload = _headWants switch { 4 => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)), 10 => BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(2)), _ => _head[1] };
            (_headHas, _headWants) = (0, 2);
        }
    }

    private void Greet()
    {
        Socket.Connect(_address.End);
        if (_address.Upgrade is { } upgrade)
        {
            Socket.Send(Encoding.ASCII.GetBytes(upgrade));
            var answer = new StringBuilder();
            while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) answer.Append((char)Read(1, framed: false)[0]);
            if (!answer.ToString().StartsWith("HTTP/1.1 101", StringComparison.Ordinal)) throw new InvalidDataException(answer.ToString());
        }

        Read(12);
        Write("RFB 003.008\n"u8.ToArray());
        Read(2);
        Write([1]);
        Read(4);
        Write([1]);
        var init = Read(24);
        Read(BinaryPrimitives.ReadInt32BigEndian(init.AsSpan(20)));
    }

    private void Write(byte[] message) => Socket.Send(Frame(message));

    /// <summary>As a masked binary frame of fewer than 126 bytes.</summary>
    private byte[] Frame(byte[] message) =>
        _address.Upgrade is null ? message : [0x82, (byte)(Masked | message.Length), .. s_mask, .. message.Select((b, i) => (byte)(b ^ s_mask[i % 4]))];

    /// <summary>Reads exactly so much of the greeting.</summary>
    private byte[] Read(int count, bool framed = true)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            if (framed && _address.Upgrade is not null && _payload == 0) _payload = NextFrame();
            var read = Socket.Receive(bytes.AsSpan(at, framed && _address.Upgrade is not null ? (int)Math.Min(count - at, _payload) : count - at));
            if (read == 0) throw new EndOfStreamException();
            at += read;
            if (framed && _address.Upgrade is not null) _payload -= read;
        }

        return bytes;
    }

    private long NextFrame()
    {
        var length = Read(2, framed: false)[1];
        return length < 126 ? length : BinaryPrimitives.ReadUInt16BigEndian(Read(2, framed: false));
    }

    private static byte[] Short(int value) => [(byte)(value >> 8), (byte)value];
}

/// <summary>Viewers that one thread reads for.</summary>
internal sealed class Crowd : IDisposable
{
    private readonly List<ScreenViewer> _viewers = [];
    private readonly List<ScreenViewer> _stalled = [];
    private Thread? _thread;
    private volatile bool _end;
    private volatile bool _notes;

    public IReadOnlyList<ScreenViewer> Viewers => _viewers;

    /// <summary>How many were hung up on.</summary>
    public int Lost { get; private set; }

    public long Bytes => _viewers.Sum(v => v.Bytes);

    public void Add(ScreenAddress address, ViewerKind kind) => _viewers.Add(ScreenViewer.Open(address, kind));

    /// <summary>One that never reads.</summary>
    public void AddStalled(ScreenAddress address) => _stalled.Add(ScreenViewer.Open(address, new(), stalls: true));

    /// <summary>Begins to read, and waits until each has seen the whole picture.</summary>
    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "viewers" };
        _thread.Start();
        for (var tries = 0; _viewers.Any(v => v.Updates < 2); tries++)
        {
            // It does not end before: a pause.
            if (_thread.Join(20) || tries > 3000) throw new TimeoutException("a viewer saw nothing for a minute");
        }
    }

    /// <summary>From now on the ages of marks are kept.</summary>
    public void Note() => _notes = true;

    public void Dispose()
    {
        _end = true;
        _thread?.Join();
        foreach (var viewer in _viewers.Concat(_stalled)) viewer.Dispose();
    }

    private void Run()
    {
        var buffer = new byte[256 * 1024];
        var waiting = _viewers.Select(v => new Polling.Waiting { Socket = (int)v.Socket.Handle, For = Polling.In }).ToArray();
        var noting = false;
        while (!_end)
        {
            if (_notes && !noting) _viewers.ForEach(v => v.Ages = new List<double>(4096));
            noting |= _notes;
            Polling.Wait(waiting, waiting.Length, 50);
            for (var i = 0; i < waiting.Length; i++)
            {
                if (waiting[i].Came == 0 || _viewers[i].Read(buffer)) continue;
                waiting[i].Socket = -1;
                Lost++;
            }
        }
    }
}
