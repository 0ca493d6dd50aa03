namespace Warren.Contracts;

/// <summary>What a user is.</summary>
public enum UserKind
{
    /// <summary>Logs in with a browser.</summary>
    Person,

    /// <summary>A program's account: has tokens, and neither password nor sessions.</summary>
    Service,
}

/// <summary>A user of the server.</summary>
public sealed record User
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Login name.</summary>
    public required string Name { get; init; }

    /// <summary>Person or service account.</summary>
    public UserKind Kind { get; init; }

    /// <summary>Role on the server.</summary>
    public UserRole Role { get; init; }

    /// <summary>E-mail address, where one was given.</summary>
    public string? Email { get; init; }

    /// <summary>Whether a second factor is asked for.</summary>
    public bool SecondFactor { get; init; }

    /// <summary>Whether they are kept out.</summary>
    public bool Disabled { get; init; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>POST /users: a person, who gets in by a one-time link first, or a service account.</summary>
public sealed record CreateUserRequest
{
    /// <summary>Login name: a-z, 0-9 and '-', beginning with a letter.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>Person when left out.</summary>
    [Audited] public UserKind? Kind { get; init; }

    /// <summary>Member when left out.</summary>
    [Audited] public UserRole? Role { get; init; }

    /// <summary>E-mail address.</summary>
    public string? Email { get; init; }
}

/// <summary>PATCH /users/{user}: what is left out stays.</summary>
public sealed record EditUserRequest
{
    /// <summary>Role on the server.</summary>
    [Audited] public UserRole? Role { get; init; }

    /// <summary>Keep them out, or let them in again. Sessions, tokens and open consoles stop at once.</summary>
    [Audited] public bool? Disabled { get; init; }
}

/// <summary>An invitation to sign up, without its secret.</summary>
/// <param name="Id">Id.</param>
/// <param name="Role">Role on the server that the new user gets.</param>
/// <param name="Project">Name of a project that they join besides their own.</param>
/// <param name="ProjectRole">Their role there.</param>
/// <param name="Note">What it is for.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record Invitation(string Id, UserRole Role, string? Project, ProjectRole? ProjectRole, string? Note, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>POST /invitations.</summary>
public sealed record CreateInvitationRequest
{
    /// <summary>Role on the server; member when left out.</summary>
    [Audited] public UserRole? Role { get; init; }

    /// <summary>A project that they join besides their own, by id or name.</summary>
    [Audited] public string? Project { get; init; }

    /// <summary>Their role there; member when left out.</summary>
    [Audited] public ProjectRole? ProjectRole { get; init; }

    /// <summary>What it is for, at most 100 characters.</summary>
    public string? Note { get; init; }

    /// <summary>Days until it stops working, 1 to 30; 7 when left out.</summary>
    [Audited] public int? Days { get; init; }
}

/// <summary>Answer to POST /invitations: the only time the link is sent.</summary>
/// <param name="Invitation">The invitation.</param>
/// <param name="Url">The link; it works once.</param>
public sealed record CreatedInvitation(Invitation Invitation, string Url);
