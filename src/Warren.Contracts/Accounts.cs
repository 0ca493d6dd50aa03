namespace Warren.Contracts;

/// <summary>Who may make an account of their own.</summary>
public enum SignUpMode
{
    /// <summary>Nobody; administrators add users.</summary>
    Off,

    /// <summary>Who was invited.</summary>
    Invitation,

    /// <summary>Everybody who reaches the server.</summary>
    Open,
}

/// <summary>GET /sign-up, open to all.</summary>
/// <param name="Mode">Who may make an account of their own.</param>
public sealed record SignUpInfo(SignUpMode Mode)
{
    /// <summary>Name of the OpenID Connect provider that people may log in by; absent: there is none.</summary>
    public string? Provider { get; init; }
}

/// <summary>POST /account/identities/connect.</summary>
public sealed record ConnectIdentityRequest
{
    /// <summary>The present password; needed where a new password needs it, see <see cref="Account.PasswordNeedsCurrent"/>.</summary>
    public string? Current { get; init; }
}

/// <summary>Answer to POST /account/identities/connect: where the browser goes next.</summary>
/// <param name="Path">Path on this server; it is good for ten minutes, for the session that asked.</param>
public sealed record ProviderVisit(string Path);

/// <summary>POST /account/identities: what the browser brought back from the provider.</summary>
/// <param name="Ticket">As it stands in the address of the account's page behind <c>connect.</c>.</param>
public sealed record AddIdentityRequest(string Ticket);

/// <summary>Who one is at an OpenID Connect provider.</summary>
/// <param name="Id">Id of the connection.</param>
/// <param name="Issuer">The provider's URL.</param>
/// <param name="Label">What one is called there.</param>
/// <param name="CreatedAt">When it was connected.</param>
/// <param name="LastUsedAt">When one last logged in by it.</param>
public sealed record Identity(string Id, string Issuer, string Label, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt);

/// <summary>POST /sign-up: makes an account and logs the browser in.</summary>
public sealed record SignUpRequest
{
    /// <summary>Login name: a-z, 0-9 and '-', beginning with a letter.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>10 to 256 characters.</summary>
    public required string Password { get; init; }

    /// <summary>E-mail address; nothing is sent there.</summary>
    public string? Email { get; init; }

    /// <summary>The secret of an invitation: the part of its link behind <c>#</c>.</summary>
    public string? Invitation { get; init; }
}

/// <summary>GET /account: the caller's own account.</summary>
/// <param name="User">The user.</param>
/// <param name="HasPassword">Whether there is a password; otherwise one-time links log them in.</param>
/// <param name="RecoveryCodes">Recovery codes that are left.</param>
/// <param name="PasswordNeedsCurrent">Whether a new password, and a second factor, need the current one: a session that a one-time link of an administrator has just begun needs none.</param>
public sealed record Account(User User, bool HasPassword, int RecoveryCodes, bool PasswordNeedsCurrent);

/// <summary>PUT /account/password. All other sessions of the user end.</summary>
public sealed record ChangePasswordRequest
{
    /// <summary>The present password; see <see cref="Account.PasswordNeedsCurrent"/>.</summary>
    public string? Current { get; init; }

    /// <summary>The new one, 10 to 256 characters.</summary>
    public required string Password { get; init; }
}

/// <summary>POST /account/second-factor.</summary>
public sealed record BeginSecondFactorRequest
{
    /// <summary>The present password; needed where a new password needs it, see <see cref="Account.PasswordNeedsCurrent"/>.</summary>
    public string? Current { get; init; }
}

/// <summary>Answer to POST /account/second-factor: a secret for an authenticator; it counts once a code of it was confirmed.</summary>
/// <param name="Secret">In base 32, for typing.</param>
/// <param name="Uri">The <c>otpauth</c> URI, for a QR code.</param>
public sealed record SecondFactorSecret(string Secret, string Uri);

/// <summary>A code of the authenticator, or a recovery code.</summary>
/// <param name="Code">Six digits, or the recovery code.</param>
public sealed record CodeRequest(string Code);

/// <summary>Answer to POST /account/second-factor/confirm: the only time they are sent.</summary>
/// <param name="Codes">Each stands in for the authenticator once.</param>
public sealed record RecoveryCodes(IReadOnlyList<string> Codes);
