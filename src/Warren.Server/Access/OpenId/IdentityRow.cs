namespace Warren.Server.Access.OpenId;

/// <summary>Somebody at an OpenID Connect provider, and the user who they are here.</summary>
internal sealed class IdentityRow
{
    public required string Id { get; set; }

    /// <summary>The provider, and its own name for them: together they mean one person, for ever (OpenID Connect Core 1.0, 5.7).</summary>
    public required string Issuer { get; set; }

    public required string Subject { get; set; }
    public required string UserId { get; set; }

    /// <summary>What they are called there; for people, and decides nothing.</summary>
    public required string Label { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset LastUsedAt { get; set; }
}
