namespace Warren.Server.Audit;

/// <summary>Settings under <c>Audit</c>.</summary>
internal sealed record AuditOptions
{
    /// <summary>Days that entries are kept, 1 to 36500; 0: for ever.</summary>
    public int KeepDays { get; init; } = 400;

    /// <summary>Entries that retention takes away in one transaction.</summary>
    public int PrunedAtOnce { get; init; } = 10_000;

    /// <summary>Refused requests of one address that nobody is known for which get an entry each, in a minute; the others are counted.</summary>
    public int StrangersPerAddress { get; init; } = 60;

    /// <summary>The same of all addresses together.</summary>
    public int StrangersPerMinute { get; init; } = 600;

    /// <summary>The same of one user, whatever they are known by.</summary>
    public int RefusedPerUser { get; init; } = 300;

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static AuditOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Audit").Get<AuditOptions>() ?? new AuditOptions();
        if (options.KeepDays is < 0 or > 36_500) throw new InvalidOperationException($"Audit:KeepDays is {options.KeepDays}; it must be 0 to 36500");
        if (options.StrangersPerAddress < 1 || options.StrangersPerMinute < 1 || options.RefusedPerUser < 1 || options.PrunedAtOnce < 1) throw new InvalidOperationException("Audit:StrangersPerAddress, Audit:StrangersPerMinute, Audit:RefusedPerUser and Audit:PrunedAtOnce must be 1 or more");
        return options;
    }
}
