namespace Warren.Contracts;

/// <summary>What of a machine a connection is to.</summary>
public enum ConsoleKind
{
    /// <summary>Its screen.</summary>
    Screen,

    /// <summary>Its serial line.</summary>
    Serial,

    /// <summary>A TCP port of its guest.</summary>
    Port,
}

/// <summary>Somebody at a machine's console, now or formerly.</summary>
public sealed record Connection
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>The machine's id.</summary>
    public required string MachineId { get; init; }

    /// <summary>The machine's name then.</summary>
    public required string Machine { get; init; }

    /// <summary>To what.</summary>
    public required ConsoleKind Kind { get; init; }

    /// <summary>The user, or what somebody with a share link said.</summary>
    public required string User { get; init; }

    /// <summary>Id of the share link that let them in; absent for users.</summary>
    public string? ShareId { get; init; }

    /// <summary>The address that they came from.</summary>
    public required string Address { get; init; }

    /// <summary>The most that they could do.</summary>
    public required ViewerRole Role { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; absent while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Bytes sent to them; of an open one as of some seconds ago.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Bytes that came from them.</summary>
    public required long ReceivedBytes { get; init; }
}

/// <summary>POST /machines/{machine}/tickets: asks for a way into a console without a login.</summary>
public sealed record CreateTicketRequest
{
    /// <summary>To what; the screen when left out.</summary>
    [Audited] public ConsoleKind Kind { get; init; } = ConsoleKind.Screen;

    /// <summary>What its bearer may do; <c>control</c> when left out.</summary>
    [Audited] public ViewerRole Role { get; init; } = ViewerRole.Control;
}

/// <summary>A secret that opens one console once, within 30 seconds.</summary>
/// <param name="Ticket">The secret.</param>
/// <param name="Path">Path of the WebSocket, with the ticket in its query.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record ConsoleTicket(string Ticket, string Path, DateTimeOffset ExpiresAt);

/// <summary>POST /machines/{machine}/shares: a link to its screen for somebody without an account.</summary>
public sealed record CreateShareRequest
{
    /// <summary>What whoever has the link may do; <c>view</c> when left out. They can ask for more, and somebody who controls the screen can grant it.</summary>
    [Audited] public ViewerRole Role { get; init; } = ViewerRole.View;

    /// <summary>Seconds for which it works, 60 to 2592000 (30 days); a day when left out.</summary>
    [Audited] public int ExpiresInSeconds { get; init; } = 86_400;

    /// <summary>Whom it is for, at most 63 characters.</summary>
    [Audited] public string? Name { get; init; }
}

/// <summary>A link to a machine's screen.</summary>
/// <param name="Id">Id.</param>
/// <param name="MachineId">The machine's id.</param>
/// <param name="Name">Whom it is for.</param>
/// <param name="Role">What whoever has it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops working; whoever looks then has to go.</param>
public sealed record Share(string Id, string MachineId, string? Name, ViewerRole Role, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Answer to POST /machines/{machine}/shares: the only time that the link is told.</summary>
/// <param name="Share">What was made.</param>
/// <param name="Url">The link; its secret is behind <c>#</c>, which browsers send to no server.</param>
public sealed record CreatedShare(Share Share, string Url);

/// <summary>POST /shares/open: whoever has a link comes in.</summary>
public sealed record OpenShareRequest
{
    /// <summary>The part of the link behind <c>#</c>.</summary>
    public required string Secret { get; init; }

    /// <summary>What the others are to see, at most 40 characters; "guest" when left out.</summary>
    [Audited] public string? Name { get; init; }
}

/// <summary>What a share link leads to.</summary>
/// <param name="Machine">The machine's name.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="ExpiresAt">When the link stops working.</param>
/// <param name="Ticket">A way in, for once; ask again for the next.</param>
public sealed record OpenedShare(string Machine, ViewerRole Role, DateTimeOffset ExpiresAt, ConsoleTicket Ticket);
