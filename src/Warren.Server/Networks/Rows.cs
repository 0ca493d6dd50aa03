namespace Warren.Server.Networks;

/// <summary>A port of a host that is taken by a machine.</summary>
internal sealed class PortForwardRow
{
    public required string Id { get; set; }
    public required string MachineId { get; set; }
    public required string Host { get; set; }
    public required string Protocol { get; set; }
    public required string HostAddress { get; set; }
    public int HostPort { get; set; }
    public int GuestPort { get; set; }
}

/// <summary>A port that was given back and rests before it is handed out again.</summary>
internal sealed class ReleasedPortRow
{
    public required string Host { get; set; }
    public required string Protocol { get; set; }
    public int HostPort { get; set; }
    public DateTimeOffset Until { get; set; }
}
