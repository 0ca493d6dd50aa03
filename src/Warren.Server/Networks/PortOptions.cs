namespace Warren.Server.Networks;

/// <summary>Which ports of the host lead into guests.</summary>
internal sealed record PortOptions
{
    /// <summary>First port of the range; below Linux's ephemeral ports (32768 and up), so that no outgoing connection takes one.</summary>
    public int First { get; init; } = 22000;

    /// <summary>Last port of the range.</summary>
    public int Last { get; init; } = 23999;

    /// <summary>Address listened on.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Seconds before a port that was given back is handed out again: a stale client must not reach the next guest.</summary>
    public int CoolDownSeconds { get; init; } = 60;
}
