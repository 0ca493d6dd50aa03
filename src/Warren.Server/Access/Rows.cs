using Warren.Contracts;

namespace Warren.Server.Access;

/// <summary>A person, or a service account.</summary>
internal sealed class UserRow
{
    public required string Id { get; set; }

    /// <summary>What they log in with; lower case.</summary>
    public required string Name { get; set; }

    public UserKind Kind { get; set; }
    public UserRole Role { get; set; } = UserRole.Viewer;
    public string? Email { get; set; }

    /// <summary>Null: there is no password that would do.</summary>
    public string? PasswordHash { get; set; }

    public DateTimeOffset? DisabledAt { get; set; }

    /// <summary>The project that a session of theirs begins in.</summary>
    public string? ProjectId { get; set; }

    /// <summary>The second factor's secret, encrypted; null: there is none.</summary>
    public string? SecondFactor { get; set; }

    /// <summary>A secret that waits for its first code, encrypted.</summary>
    public string? SecondFactorPending { get; set; }

    /// <summary>The last step whose code was used: it and those before it are worth nothing any more.</summary>
    public long SecondFactorStep { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public bool IsAdministrator => Role is UserRole.Owner or UserRole.Administrator;
}

/// <summary>What machines, images and keys belong to, besides a person.</summary>
internal sealed class ProjectRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A user's place in a project.</summary>
internal sealed class ProjectMemberRow
{
    public required string ProjectId { get; set; }
    public required string UserId { get; set; }
    public ProjectRole Role { get; set; } = ProjectRole.Viewer;
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>A browser that is logged in; the id is the SHA-256 of its cookie.</summary>
internal sealed class SessionRow
{
    public required string Id { get; set; }

    /// <summary>What it is called by where it is listed and ended.</summary>
    public required string Handle { get; set; }

    public required string UserId { get; set; }

    /// <summary>The project that it acts in now.</summary>
    public required string ProjectId { get; set; }

    /// <summary>What it was begun by.</summary>
    public SessionBegin BegunBy { get; set; }

    public required string Address { get; set; }
    public required string UserAgent { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset LastUsedAt { get; set; }
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
    public TokenScope Scope { get; set; } = TokenScope.Write;

    /// <summary>The one pool that it is good for; null: it is not confined to one.</summary>
    public string? PoolId { get; set; }

    /// <summary>Name of the one template that it is good for; null: it is not confined to one.</summary>
    public string? Template { get; set; }

    /// <summary>It is good for machines that are shared with its user, too.</summary>
    public bool Shared { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? LastUsedAt { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }
}

/// <summary>A link to sign up with, once. Using it deletes the row.</summary>
internal sealed class InvitationRow
{
    public required string Id { get; set; }
    public required string Hash { get; set; }
    public UserRole Role { get; set; } = UserRole.Viewer;

    /// <summary>A project that the new user joins besides their own.</summary>
    public string? ProjectId { get; set; }

    public ProjectRole ProjectRole { get; set; } = ProjectRole.Viewer;
    public string? Note { get; set; }

    /// <summary>Who invites.</summary>
    public required string UserId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>The first factor was right and the second is awaited; the id is the SHA-256 of its secret.</summary>
internal sealed class LoginChallengeRow
{
    public required string Id { get; set; }
    public required string UserId { get; set; }
    public SessionBegin BegunBy { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>A code that stands in for the second factor once. Using it deletes the row.</summary>
internal sealed class RecoveryCodeRow
{
    public required string UserId { get; set; }
    public required string Hash { get; set; }
}

/// <summary>Tries that went wrong in a row, by what they are counted for.</summary>
internal sealed class LoginFailureRow
{
    public required string Id { get; set; }
    public int Failures { get; set; }

    /// <summary>When they are forgotten.</summary>
    public DateTimeOffset Until { get; set; }
}
