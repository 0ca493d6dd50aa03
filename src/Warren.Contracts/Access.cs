namespace Warren.Contracts;

/// <summary>What a user may do on the server as a whole.</summary>
public enum UserRole
{
    /// <summary>Everything, and the only one who changes administrators.</summary>
    Owner,

    /// <summary>Sees and changes everything, and manages hosts and users.</summary>
    Administrator,

    /// <summary>Acts in their projects, as their role in each allows.</summary>
    Member,

    /// <summary>Looks at what is in their projects, whatever their role there.</summary>
    Viewer,
}

/// <summary>What a member of a project may do in it.</summary>
public enum ProjectRole
{
    /// <summary>Everything in it, and says who its members are.</summary>
    Administrator,

    /// <summary>Makes, changes and uses what is in it.</summary>
    Member,

    /// <summary>Looks.</summary>
    Viewer,
}

/// <summary>What a session was begun by.</summary>
public enum SessionBegin
{
    /// <summary>Name and password.</summary>
    Password,

    /// <summary>A one-time link.</summary>
    Link,

    /// <summary>Signing up.</summary>
    SignUp,

    /// <summary>A one-time link that a session of the same user made: a new password still needs the present one.</summary>
    OwnLink,

    /// <summary>The OpenID Connect provider.</summary>
    Provider,
}

/// <summary>GET /session: who is asking.</summary>
/// <param name="User">Name of the user.</param>
/// <param name="Role">Their role on the server.</param>
/// <param name="Project">Name of the current project: what is made is made there, and what is in it is seen.</param>
/// <param name="ExpiresAt">When the browser session or token ends; a session that is used ends later.</param>
public sealed record Session(string User, UserRole Role, string Project, DateTimeOffset? ExpiresAt)
{
    /// <summary>Their role in the current project; absent where they are no member of it, as administrators may be.</summary>
    public ProjectRole? ProjectRole { get; init; }

    /// <summary>Whether they may change what is in the current project with this session or token.</summary>
    public bool MayChange { get; init; }
}

/// <summary>POST /session: log in, either with the secret of a one-time link or with name and password.</summary>
/// <param name="Secret">The part of the link behind <c>#</c>.</param>
public sealed record LoginRequest(string? Secret = null)
{
    /// <summary>Name of the user.</summary>
    public string? Name { get; init; }

    /// <summary>Their password.</summary>
    public string? Password { get; init; }
}

/// <summary>POST /session/second-factor: the other half of logging in.</summary>
/// <param name="Challenge">What the problem <c>second-factor-required</c> carried.</param>
/// <param name="Code">Six digits of the authenticator, or a recovery code.</param>
public sealed record SecondFactorRequest(string Challenge, string Code);

/// <summary>PATCH /session: act in another project.</summary>
/// <param name="Project">Its id or name.</param>
public sealed record SwitchProjectRequest([property: Audited] string Project);

/// <summary>POST /login-links: a link that logs a browser in, once.</summary>
/// <param name="Url">The link.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record LoginLink(string Url, DateTimeOffset ExpiresAt);

/// <summary>A browser that is logged in.</summary>
/// <param name="Id">What it is ended by.</param>
/// <param name="Current">Whether it is the one that asks.</param>
/// <param name="BegunBy">How it was logged in.</param>
/// <param name="Address">Network address that it was last used from.</param>
/// <param name="UserAgent">What the browser called itself when it logged in.</param>
/// <param name="CreatedAt">When it logged in.</param>
/// <param name="LastUsedAt">When it last asked for something, to the minute.</param>
/// <param name="ExpiresAt">When it ends if it is not used.</param>
public sealed record BrowserSession(
    string Id, bool Current, SessionBegin BegunBy, string Address, string UserAgent, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

/// <summary>GET /health, open to all.</summary>
/// <param name="Status"><c>ok</c>.</param>
/// <param name="Version">The server's version.</param>
public sealed record Health(string Status, string Version);
