namespace Warren.Contracts;

/// <summary>What a token may be used for.</summary>
public enum TokenScope
{
    /// <summary>To look.</summary>
    Read,

    /// <summary>For all that its user may do.</summary>
    Write,
}

/// <summary>A bearer token for programs, without its secret.</summary>
public sealed record ApiToken(string Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? ExpiresAt)
{
    /// <summary>What it may be used for.</summary>
    public TokenScope Scope { get; init; }

    /// <summary>Name of the project that it acts in.</summary>
    public string? Project { get; init; }

    /// <summary>Id of the pool that it is confined to.</summary>
    public string? Pool { get; init; }

    /// <summary>Name of the template that it is confined to.</summary>
    public string? Template { get; init; }

    /// <summary>Whether it is good for machines of other projects, too, that are shared with its user.</summary>
    public bool Shared { get; init; }
}

/// <summary>POST /tokens.</summary>
public sealed record CreateTokenRequest
{
    /// <summary>What it is for.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>Days until it ends, 1 to 365; never when left out.</summary>
    [Audited] public int? Days { get; init; }

    /// <summary>What it may be used for; write when left out.</summary>
    [Audited] public TokenScope? Scope { get; init; }

    /// <summary>Project that it acts in, by id or name; the current one when left out.</summary>
    [Audited] public string? Project { get; init; }

    /// <summary>Confines it to one pool, by id or name: it claims machines there and uses those that it claimed, and nothing else.</summary>
    [Audited] public string? Pool { get; init; }

    /// <summary>Confines it to one template, by name: it launches machines of it and uses those, and nothing else.</summary>
    [Audited] public string? Template { get; init; }

    /// <summary>Makes it good for machines of other projects, too, that are shared with its user; false when left out.</summary>
    [Audited] public bool? Shared { get; init; }
}

/// <summary>Answer to POST /tokens: the only time the secret is sent.</summary>
public sealed record CreatedToken(ApiToken Token, string Secret);
