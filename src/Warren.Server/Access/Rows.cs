namespace Warren.Server.Access;

/// <summary>A person.</summary>
internal sealed class UserRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }

    /// <summary><c>owner</c> for now.</summary>
    public required string Role { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>What machines, images and keys belong to, besides a person.</summary>
internal sealed class ProjectRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A browser that is logged in; the id is the SHA-256 of its cookie.</summary>
internal sealed class SessionRow
{
    public required string Id { get; set; }
    public required string UserId { get; set; }
    public required string ProjectId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>A link that logs in once; the id is the SHA-256 of its secret. Using it deletes the row.</summary>
internal sealed class LoginLinkRow
{
    public required string Id { get; set; }
    public required string UserId { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>A program's bearer token.</summary>
internal sealed class TokenRow
{
    public required string Id { get; set; }
    public required string Hash { get; set; }
    public required string Name { get; set; }
    public required string UserId { get; set; }
    public required string ProjectId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
}
