using Warren.Contracts;

namespace Warren.Server.Access;

/// <summary>
/// Tells the command line's own token from all others. Whoever reads its file has the server's data anyway; any other token
/// is less than its user: it sets no password, makes no way to log in, and no token that does more or lasts longer.
/// </summary>
internal sealed class CommandLineToken
{
    private volatile string? _id;

    /// <summary>Its id; null until the server has started.</summary>
    public string? Id
    {
        get => _id;
        set => _id = value;
    }

    /// <summary>Whether a caller came by it.</summary>
    public bool IsOf(Caller caller) => Credentials.Of(caller.Credential, "token") is { } id && id == Id;

    /// <summary>Id of the token that a caller came by, if it is another one.</summary>
    public string? OtherOf(Caller caller) => Credentials.Of(caller.Credential, "token") is { } id && id != Id ? id : null;

    /// <summary>What a session will have been begun by whose link a caller makes for themselves.</summary>
    public SessionBegin BeginsBy(Caller caller) => IsOf(caller) ? SessionBegin.Link : SessionBegin.OwnLink;
}
