using System.Text.Json;
using Warren.Contracts;

namespace Warren.Server.Consoles.Screens;

/// <summary>
/// Who looks at one screen through this server, and whose hand counts. Those who may control type together until one of
/// them takes over; then the others look on, until that one releases the screen or leaves. Who may only look can ask, and
/// whoever may control and does can grant it.
/// </summary>
internal sealed class ScreenRoom(TimeProvider clock)
{
    /// <summary>Most viewers whose names are told: a lecture hall need not know everybody's.</summary>
    private const int MostNamed = 50;

    private readonly Lock _gate = new();
    private readonly List<Seat> _seats = [];
    private Seat? _sole;

    /// <summary>Comes in.</summary>
    /// <param name="visitor">Who.</param>
    /// <param name="wants">What this visitor wants to do, as far as that may be.</param>
    /// <param name="told">Called when there is something to tell (<see cref="Seat.TakeNews"/>); must return at once.</param>
    /// <param name="letGo">Called when the visitor's hand counts no longer.</param>
    public Seat Enter(Visitor visitor, ViewerRole wants, Action told, Action letGo)
    {
        var seat = new Seat(this, visitor, wants, told, letGo, clock.GetUtcNow());
        Change(() => _seats.Add(seat));
        return seat;
    }

    /// <summary>What a viewer says about the room.</summary>
    /// <returns>Why it cannot be done; null when it is.</returns>
    private string? Obey(Seat seat, string text)
    {
        RoomCommand? command;
        try
        {
            command = JsonSerializer.Deserialize<RoomCommand>(text, WarrenJson.Options);
        }
        catch (JsonException)
        {
            command = null;
        }

        if (command is { Ping: { } number, Do: null })
        {
            seat.Echo = number;
            return null;
        }

        string? refusal = null;
        Change(() => refusal = command?.Do switch
        {
            RoomVerb.Take => Take(seat),
            RoomVerb.Ask => Ask(seat),
            RoomVerb.Release => Release(seat),
            RoomVerb.Grant => Answer(seat, command.Viewer, granted: true),
            RoomVerb.Refuse => Answer(seat, command.Viewer, granted: false),
            _ => "do: take, ask, release, grant or refuse",
        });
        return refusal;
    }

    private string? Take(Seat seat)
    {
        if (seat.Visitor.May != ViewerRole.Control) return "you may ask, not take over";
        foreach (var other in _seats) other.Granted = false;
        (_sole, seat.Wants, seat.Asks) = (seat, ViewerRole.Control, false);
        return null;
    }

    private string? Ask(Seat seat)
    {
        if (seat.Visitor.May == ViewerRole.Control && (_sole is null || _sole == seat)) seat.Wants = ViewerRole.Control;
        else if (seat.Role == ViewerRole.View) seat.Asks = true;
        return null;
    }

    private string? Release(Seat seat)
    {
        (seat.Wants, seat.Granted, seat.Asks) = (ViewerRole.View, false, false);
        if (_sole == seat) _sole = null;
        return null;
    }

    private string? Answer(Seat seat, string? viewer, bool granted)
    {
        if (seat.Visitor.May != ViewerRole.Control || seat.Role != ViewerRole.Control) return "only who controls the screen may say who else does";
        if (_seats.Find(s => s.Visitor.Id == viewer) is not { } other) return "viewer: nobody here has that id";
        if (other.Visitor.May == ViewerRole.Control && !other.Asks) return "viewer: may control the screen anyway";
        (other.Granted, other.Asks) = (granted, false);
        if (granted) other.Wants = ViewerRole.Control;
        return null;
    }

    private void Leave(Seat seat) => Change(() =>
    {
        _seats.Remove(seat);
        if (_sole == seat) _sole = null;
    });

    /// <summary>Makes a change and lets everybody know.</summary>
    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            foreach (var seat in _seats) seat.Become(_sole is null || _sole == seat);
        }
    }

    /// <summary>What the room is like now.</summary>
    private RoomNews NewsFor(Seat seat)
    {
        lock (_gate)
        {
            // Whoever matters first, then in the order in which they came.
            var named = _seats.OrderBy(s => s == seat || s.Asks || s.Role == ViewerRole.Control ? 0 : 1).Take(MostNamed)
                .Select(s => new RoomViewer(s.Visitor.Id, s.Visitor.Name, s.Role, s.Visitor.May, s.Asks, s == _sole, s.Visitor.Share is not null, s.Since));
            return new RoomNews(seat.Visitor.Id, _seats.Count, [.. named.OrderBy(v => v.Since)]);
        }
    }

    /// <summary>A viewer's place in the room; disposed of when the viewer leaves.</summary>
    internal sealed class Seat(ScreenRoom room, Visitor visitor, ViewerRole wants, Action told, Action letGo, DateTimeOffset since) : IDisposable
    {
        private volatile ViewerRole _role;
        private volatile bool _changed;
        private string? _refusal;

        public Visitor Visitor { get; } = visitor;

        public DateTimeOffset Since { get; } = since;

        /// <summary>What the viewer may do at this moment.</summary>
        public ViewerRole Role => _role;

        public ViewerRole Wants { get; set; } = wants;

        /// <summary>A number to be sent back.</summary>
        public long? Echo { get; set; }

        /// <summary>Wants the control and waits for an answer.</summary>
        public bool Asks { get; set; }

        /// <summary>Was given the control by somebody who has it.</summary>
        public bool Granted { get; set; }

        /// <summary>What the viewer says about the room.</summary>
        public void Hear(string text)
        {
            _refusal = room.Obey(this, text) ?? _refusal;
            told();
        }

        /// <summary>What the viewer has not been told yet, as JSON. Who is slow is told what the room is like then.</summary>
        public IEnumerable<byte[]> TakeNews()
        {
            if (Interlocked.Exchange(ref _refusal, null) is { } refusal) yield return JsonSerializer.SerializeToUtf8Bytes(new RoomRefusal(refusal), WarrenJson.Options);
            if (Echo is { } number)
            {
                Echo = null;
                yield return JsonSerializer.SerializeToUtf8Bytes(new RoomEcho(number), WarrenJson.Options);
            }

            if (!_changed) yield break;
            _changed = false;
            yield return JsonSerializer.SerializeToUtf8Bytes(room.NewsFor(this), WarrenJson.Options);
        }

        public void Become(bool free)
        {
            var before = _role;
            _role = Wants == ViewerRole.Control && (Granted || (Visitor.May == ViewerRole.Control && free)) ? ViewerRole.Control : ViewerRole.View;
            if (before == ViewerRole.Control && _role == ViewerRole.View) letGo();
            _changed = true;
            told();
        }

        public void Dispose() => room.Leave(this);
    }
}
