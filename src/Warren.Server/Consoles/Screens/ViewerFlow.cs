using System.Buffers.Binary;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>
/// Updates that a viewer is sent without having asked for each (rfbproto, ContinuousUpdates): a picture takes half the way to it, and its
/// rate does not depend on how far away it is. How far they may run ahead of what it has taken is told by fences between them, which it
/// answers when it comes to them (rfbproto, Fence): while answers come as soon as ever the window grows, and when they come late, because
/// what was sent waits somewhere on its way, it shrinks.
/// </summary>
/// <param name="clock">Clock.</param>
internal sealed class ViewerFlow(TimeProvider clock)
{
    /// <summary>Bytes under way that need no fence.</summary>
    private const long Unfenced = 64 * 1024;

    /// <summary>Answers to a viewer's own fences that may wait for it to read.</summary>
    private const int MostAnswers = 16;

    private const long FirstWindow = 256 * 1024;
    private const long LargestWindow = 8 << 20;

    /// <summary>An answer that comes so much later than the soonest one has waited behind what was sent before it.</summary>
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly Queue<(long At, long Sent)> _fences = new();
    private readonly Queue<byte[]> _answers = new();
    private TimeSpan _soonest = TimeSpan.MaxValue;
    private long _window = FirstWindow;
    private long _sent, _fenced, _taken;
    private Rect? _area;
    private bool _able, _greets, _ends;

    /// <summary>What is to be sent without being asked for; null: nothing is, or the viewer has enough to take in.</summary>
    public Rect? Area
    {
        get { lock (_gate) return _sent - _taken < _window ? _area : null; }
    }

    /// <summary>Bytes that may be under way to the viewer.</summary>
    public long Window
    {
        get { lock (_gate) return _window; }
    }

    /// <summary>What the viewer understands: it is told of continuous updates when it understands fences, too.</summary>
    public void Understands(IReadOnlyCollection<int> encodings)
    {
        lock (_gate)
        {
            var able = encodings.Contains(Encodings.ContinuousUpdates) && encodings.Contains(Encodings.Fence);
            if (able && !_able)
            {
                _greets = _ends = true;
            }

            _able = able;
            if (!able) _area = null;
        }
    }

    /// <summary>The viewer wants them of this part of the screen, or no longer.</summary>
    /// <exception cref="RfbException">They were not offered.</exception>
    public void Wants(bool on, Rect area)
    {
        lock (_gate)
        {
            if (!_able) throw new RfbException("a viewer's message of continuous updates, which were not offered");
            _ends |= !on && _area is not null;
            if (on && _area is null)
            {
                // What it has asked for itself until now it has taken.
                _taken = _fenced = _sent;
                _fences.Clear();
            }

            _area = on ? area : null;
        }
    }

    /// <summary>A fence came: an answer, or one that is to be answered.</summary>
    public void Fence(uint flags, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if ((flags & Fences.Request) != 0)
            {
                // What came before it has been obeyed, and nothing is held back: both of what can be asked for is so.
                if (_answers.Count < MostAnswers) _answers.Enqueue(Fences.Message(flags & (Fences.BlockBefore | Fences.BlockAfter), payload));
                return;
            }

            if (payload.Length != sizeof(long) || !_fences.TryPeek(out var fence) || BinaryPrimitives.ReadInt64BigEndian(payload) != fence.Sent) return;
            _fences.Dequeue();
            // All that was under way then waited for this answer, the fuller the window the longer: only then it says something.
            Adapt(clock.GetElapsedTime(fence.At), wasFull: _sent - _taken >= _window / 2);
            _taken = fence.Sent;
        }
    }

    /// <summary>So many bytes have been written in all.</summary>
    /// <returns>A fence to be sent now, where it is time for one.</returns>
    public byte[]? Wrote(long total)
    {
        lock (_gate)
        {
            _sent = total;
            if (_area is null || _sent - _fenced < Math.Min(Unfenced, _window / 2)) return null;
            _fenced = _sent;
            _fences.Enqueue((clock.GetTimestamp(), _sent));
            Span<byte> payload = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(payload, _sent);
            return Fences.Message(Fences.Request | Fences.BlockBefore, payload);
        }
    }

    /// <summary>What is to be said beside updates.</summary>
    public IReadOnlyList<byte[]> Take()
    {
        lock (_gate)
        {
            if (!_greets && !_ends && _answers.Count == 0) return [];
            List<byte[]> messages = [.. _answers];
            _answers.Clear();
            // By a fence a viewer knows that there are fences (rfbproto, Fence).
            if (_greets) messages.Add(Fences.Message(Fences.Request, []));
            // The first says that they can be had, each other that no more come.
            if (_ends) messages.Add([ScreenMessage.EndOfContinuousUpdates]);
            _greets = _ends = false;
            return messages;
        }
    }

    private void Adapt(TimeSpan took, bool wasFull)
    {
        if (took < _soonest) _soonest = took;
        if (took > _soonest + s_wait + s_wait) _window = Math.Max(Unfenced, _window / 2);
        else if (wasFull && took < _soonest + s_wait) _window = Math.Min(LargestWindow, _window + (_window / 4));
    }
}
