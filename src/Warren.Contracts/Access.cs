namespace Warren.Contracts;

/// <summary>GET /session: who is asking.</summary>
/// <param name="User">Name of the user.</param>
/// <param name="Role"><c>owner</c> for now; more roles come with more people.</param>
/// <param name="Project">Name of the current project.</param>
/// <param name="ExpiresAt">When the browser session or token ends.</param>
public sealed record Session(string User, string Role, string Project, DateTimeOffset? ExpiresAt);

/// <summary>POST /session: log in with the secret of a one-time link.</summary>
/// <param name="Secret">The part of the link behind <c>#</c>.</param>
public sealed record LoginRequest(string Secret);

/// <summary>POST /login-links: a link that logs a browser in, once.</summary>
/// <param name="Url">The link.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record LoginLink(string Url, DateTimeOffset ExpiresAt);

/// <summary>A bearer token for programs, without its secret.</summary>
public sealed record ApiToken(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? ExpiresAt);

/// <summary>POST /tokens.</summary>
public sealed record CreateTokenRequest
{
    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>Days until it ends, 1 to 365; never when left out.</summary>
    public int? Days { get; init; }
}

/// <summary>Answer to POST /tokens: the only time the secret is sent.</summary>
public sealed record CreatedToken(ApiToken Token, string Secret);

/// <summary>GET /health, open to all.</summary>
/// <param name="Status"><c>ok</c>.</param>
/// <param name="Version">The server's version.</param>
public sealed record Health(string Status, string Version);
