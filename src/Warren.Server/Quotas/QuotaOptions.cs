namespace Warren.Server.Quotas;

/// <summary>Settings under <c>Limits</c>: what holds for users and projects that an administrator has set nothing else for.</summary>
internal sealed record QuotaOptions
{
    /// <summary>Largest limit that can be set; far above anything there is, and exact in a browser's numbers.</summary>
    public const long Largest = 9_000_000_000_000_000;

    /// <summary>For each user, in all projects together.</summary>
    public Contracts.Quotas PerUser { get; init; } = new();

    /// <summary>For each project, of all its members together.</summary>
    public Contracts.Quotas PerProject { get; init; } = new();

    /// <summary>Whether each user may have one running machine only.</summary>
    public bool OneRunningMachine { get; init; }

    /// <summary>Machines, images, uploads and tokens that one user may ask for each minute; 0: as many as they like.</summary>
    public int CreationsPerMinute { get; init; } = 1200;

    /// <summary>The same from one address: a class may be behind one.</summary>
    public int CreationsPerMinutePerAddress { get; init; } = 3600;

    /// <summary>Requests that change anything which one user may make each minute; 0: as many as they like.</summary>
    public int ChangesPerMinute { get; init; } = 6000;

    /// <summary>Whether anything is limited for those that nothing is set for.</summary>
    public bool HasDefaults { get; private init; }

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static QuotaOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Limits").Get<QuotaOptions>() ?? new QuotaOptions();
        options = options with { PerUser = options.PerUser with { ImageBytes = options.PerUser.ImageBytes ?? configuration.GetValue<long?>("Images:MaximumBytesPerUser") } };
        foreach (var (section, quotas) in new[] { ("PerUser", options.PerUser), ("PerProject", options.PerProject) })
            foreach (var field in QuotaField.All)
                if (!IsLimit(field.Limit(quotas))) throw new InvalidOperationException($"Limits:{section}:{field.Name} is {field.Limit(quotas)}; it must be -1 (no limit) or 0 to {Largest}");
        if (options is { CreationsPerMinute: < 0 } or { CreationsPerMinutePerAddress: < 0 } or { ChangesPerMinute: < 0 }) throw new InvalidOperationException("Limits:CreationsPerMinute, CreationsPerMinutePerAddress and ChangesPerMinute must be 0 (no limit) or more");
        return options with { HasDefaults = options.OneRunningMachine || QuotaField.All.Any(f => f.Limit(options.PerUser) >= 0 || f.Limit(options.PerProject) >= 0) };
    }

    /// <summary>Whether a number can be a limit.</summary>
    public static bool IsLimit(long? value) => value is null or (>= Contracts.Quotas.Unlimited and <= Largest);
}
