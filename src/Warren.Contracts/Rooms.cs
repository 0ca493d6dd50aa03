namespace Warren.Contracts;

/// <summary>
/// Text message of a screen's WebSocket with the subprotocol <c>warren.screen</c>, from the server: who looks at the screen now. Sent after
/// every change.
/// </summary>
/// <param name="You">Id of the connection that it is sent to.</param>
/// <param name="Count">How many look at it through this server.</param>
/// <param name="Viewers">Who they are, in the order in which they came; of more than 50 those who control it or ask for that, and some others.</param>
public sealed record RoomNews(string You, int Count, IReadOnlyList<RoomViewer> Viewers);

/// <summary>Text message of a screen's WebSocket, from the server: what the viewer asked for cannot be done.</summary>
/// <param name="Error">Why.</param>
public sealed record RoomRefusal(string Error);

/// <summary>One who looks at a screen.</summary>
/// <param name="Id">Of this connection.</param>
/// <param name="Name">The user's, or what somebody with a share link said.</param>
/// <param name="Role">What this viewer may do at this moment.</param>
/// <param name="May">What this viewer may do without being granted it.</param>
/// <param name="Asks">Asks for the control and waits for an answer.</param>
/// <param name="Sole">Has taken over: nobody else controls the screen unless it is granted.</param>
/// <param name="Guest">Came in by a share link.</param>
/// <param name="Since">Since when.</param>
public sealed record RoomViewer(string Id, string Name, ViewerRole Role, ViewerRole May, bool Asks, bool Sole, bool Guest, DateTimeOffset Since);

/// <summary>Text message of a screen's WebSocket, from a viewer.</summary>
/// <param name="Do">What to do.</param>
/// <param name="Viewer">Id of the viewer whom an answer is for.</param>
/// <param name="Ping">Any number: it is sent back as <see cref="RoomEcho"/>, behind what is being sent, so that the way can be timed.</param>
public sealed record RoomCommand(RoomVerb? Do = null, string? Viewer = null, long? Ping = null);

/// <summary>Text message of a screen's WebSocket, from the server: the number of a <see cref="RoomCommand"/>.</summary>
/// <param name="Pong">The number.</param>
public sealed record RoomEcho(long Pong);

/// <summary>What a viewer can do about a room.</summary>
public enum RoomVerb
{
    /// <summary>Take over: the others look on from now on.</summary>
    Take,

    /// <summary>Ask for the control; who may have it and finds nobody in the way, has it.</summary>
    Ask,

    /// <summary>Look on only; whoever was kept out by a take-over has the control again.</summary>
    Release,

    /// <summary>Give the control to a viewer who asks, or to one who may only look.</summary>
    Grant,

    /// <summary>Refuse it, or take it away again.</summary>
    Refuse,
}
