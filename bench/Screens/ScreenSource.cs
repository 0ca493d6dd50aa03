using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Warren.Bench.Screens;

/// <summary>How the screens change.</summary>
/// <param name="PerSecond">Updates a second for each connection that asks for them.</param>
/// <param name="Scene">The scene is played; else there is only the mark.</param>
/// <param name="Mark">Side of the square that carries a number, pixels; 0: none.</param>
internal sealed record Pace(double PerSecond, bool Scene, int Mark);

/// <summary>
/// Screens as QEMU offers them: RFB 3.8 on unix sockets, Raw rectangles in answer to requests. Every connection is played the
/// same updates from the same first one, however many there are and however slow. One thread serves all.
/// </summary>
internal sealed class ScreenSource : IDisposable
{
    private readonly Scene _scene;
    private readonly List<(Socket Socket, Line? Line)> _sockets = [];
    private readonly Thread _thread;
    private Polling.Waiting[] _waiting = new Polling.Waiting[1024];
    private volatile bool _end;

    public ScreenSource(Scene scene, params string[] paths)
    {
        _scene = scene;
        foreach (var path in paths)
        {
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(512);
            _sockets.Add((listener, null));
        }

        _thread = new Thread(Serve) { IsBackground = true, Name = "source" };
        _thread.Start();
    }

    public Pace Pace { get; set; } = new(30, Scene: true, Mark: 0);

    public void Dispose()
    {
        _end = true;
        _thread.Join();
        foreach (var (socket, _) in _sockets) socket.Dispose();
    }

    private void Serve()
    {
        while (!_end)
        {
            var (now, wake) = (Stopwatch.GetTimestamp(), 100.0);
            for (var i = 0; i < _sockets.Count; i++)
            {
                var (socket, line) = _sockets[i];
                if (line is not null) wake = Math.Min(wake, line.Play(Pace, now));
                _waiting[i] = new() { Socket = (int)socket.Handle, For = line is { IsSending: true } ? (short)(Polling.In | Polling.Out) : Polling.In };
            }

            Polling.Wait(_waiting, _sockets.Count, (int)Math.Ceiling(wake));
            for (var i = _sockets.Count - 1; i >= 0; i--)
            {
                if (_waiting[i].Came == 0) continue;
                if (_sockets[i].Line is not { } line) Accept(_sockets[i].Socket);
                else if (!line.Serve())
                {
                    _sockets[i].Socket.Dispose();
                    _sockets.RemoveAt(i);
                }
            }
        }
    }

    private void Accept(Socket listener)
    {
        var socket = listener.Accept();
        socket.Blocking = false;
        _sockets.Add((socket, new Line(socket, _scene)));
        if (_sockets.Count == _waiting.Length) Array.Resize(ref _waiting, _waiting.Length * 2);
    }

    /// <summary>One connection.</summary>
    private sealed class Line
    {
        /// <summary>Rectangles that are sent together with the head, bytes; larger ones follow from where they are.</summary>
        private const int Together = 32 * 1024;

        private readonly Socket _socket;
        private readonly Scene _scene;
        private readonly byte[] _came = new byte[4096];
        private readonly byte[] _head = new byte[64 * 1024];
        private int _length;
        private int _greeted;
        private int _frame;
        private long _due;
        private bool _asked;
        private ReadOnlyMemory<byte> _now;
        private ReadOnlyMemory<byte> _then;

        public Line(Socket socket, Scene scene)
        {
            (_socket, _scene) = (socket, scene);
            Send("RFB 003.008\n"u8.ToArray());
        }

        public bool IsSending => _now.Length > 0;

        /// <summary>Reads what came, and writes on; false when the other side has left.</summary>
        public bool Serve()
        {
            if (!Push()) return false;
            var read = _socket.Receive(_came.AsSpan(_length), SocketFlags.None, out var error);
            if (read == 0 && error != SocketError.WouldBlock) return false;
            _length += Math.Max(0, read);
            var at = 0;
            while (Take(_came.AsSpan(at, _length - at)) is > 0 and var taken) at += taken;
            _came.AsSpan(at, _length - at).CopyTo(_came);
            _length -= at;
            return true;
        }

        /// <summary>Sends the next update when it is asked for and due; returns the milliseconds until it is.</summary>
        public double Play(Pace pace, long now)
        {
            if (!_asked || IsSending) return double.MaxValue;
            var wait = Stopwatch.GetElapsedTime(now, _due).TotalMilliseconds;
            if (wait > 0) return wait;
            // Who is late catches up, but not for more than a second.
            _due = (_due == 0 ? now : Math.Max(_due, now - Stopwatch.Frequency)) + (long)(Stopwatch.Frequency / pace.PerSecond);
            _asked = false;
            Show(pace);
            return double.MaxValue;
        }

        private void Show(Pace pace)
        {
            var (count, rectangles) = pace.Scene ? _scene.Updates[_frame++ % _scene.Updates.Length] : (0, []);
            var at = 4;
            var colour = 0u;
            if (pace.Mark > 0)
            {
                count++;
                colour = Marks.Next();
                Scene.Head(0, 0, pace.Mark, pace.Mark).CopyTo(_head, at);
                for (at += 12; at < 16 + pace.Mark * pace.Mark * 4; at += 4) BinaryPrimitives.WriteUInt32LittleEndian(_head.AsSpan(at), colour);
            }

            BinaryPrimitives.WriteUInt32BigEndian(_head, (uint)count);
            if (rectangles.Length <= Together)
            {
                rectangles.CopyTo(_head, at);
                at += rectangles.Length;
                rectangles = [];
            }

            if (pace.Mark > 0) Marks.Sent(colour);
            Send(_head.AsMemory(0, at), rectangles);
        }

        private void Send(ReadOnlyMemory<byte> now, ReadOnlyMemory<byte> then = default)
        {
            (_now, _then) = (now, then);
            Push();
        }

        private bool Push()
        {
            while (IsSending)
            {
                var sent = _socket.Send(_now.Span, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock) return true;
                if (error != SocketError.Success) return false;
                _now = _now[sent..];
                if (_now.IsEmpty) (_now, _then) = (_then, default);
            }

            return true;
        }

        /// <summary>Obeys one message, RFC 6143, 7.1 to 7.5; returns its length, 0 when it is not yet there.</summary>
        private int Take(ReadOnlySpan<byte> came)
        {
            if (came.IsEmpty || IsSending) return 0;
            var length = _greeted switch
            {
                0 => 12,
                1 or 2 => 1,
                _ => came[0] switch { 0 => 20, 2 when came.Length < 4 => 4, 2 => 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(came[2..]), 3 => 10, 4 => 8, 5 => 6, _ => throw new InvalidDataException($"message {came[0]}") },
            };
            if (came.Length < length) return 0;
            switch (_greeted++)
            {
                case 0:
                    Send((byte[])[1, 1]);
                    break;
                case 1:
                    Send(new byte[4]);
                    break;
                case 2:
                    Send((byte[])[.. Scene.Head(Scene.Width, Scene.Height, 0, 0).AsSpan(0, 4), 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 5, .. "bench"u8]);
                    break;
                default:
                    if (came[0] == 3 && came[1] == 0) Send((byte[])[0, 0, 0, 1], _scene.Whole);
                    else _asked |= came[0] == 3;
                    break;
            }

            return length;
        }
    }
}
