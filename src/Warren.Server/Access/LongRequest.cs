namespace Warren.Server.Access;

/// <summary>
/// Says of a route that changes something that it can take long: it ends, as what is looked at does, with what its caller
/// came by, and keeps a session alive meanwhile.
/// </summary>
internal sealed class LongRequest
{
    public static readonly LongRequest Instance = new();
}
