using Warren.Contracts;

namespace Warren.Server.Access;

/// <summary>Settings under <c>Access</c>.</summary>
internal sealed class AccessOptions
{
    /// <summary>Who may make an account of their own.</summary>
    public SignUpMode SignUp { get; init; }

    /// <summary>Tries to log in or sign up, each minute and address.</summary>
    public int LoginsPerMinute { get; init; } = 20;

    /// <summary>Wrong passwords for one name, known or not, until it is locked.</summary>
    public int FailuresPerName { get; init; } = 10;

    /// <summary>Wrong passwords from one address until it is locked.</summary>
    public int FailuresPerAddress { get; init; } = 50;

    /// <summary>How long something stays locked, and how long failures are remembered, minutes.</summary>
    public int LockoutMinutes { get; init; } = 15;

    /// <summary>How long a session lasts that is not used: ACCESS_TOKEN_EXPIRE_MINUTES, from the environment or as a setting.</summary>
    public TimeSpan SessionLife { get; private init; } = TimeSpan.FromMinutes(120);

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static AccessOptions Read(IConfiguration configuration)
    {
        var minutes = configuration.GetValue<int?>("ACCESS_TOKEN_EXPIRE_MINUTES") ?? 120;
        if (minutes is < 1 or > 10_080) throw new InvalidOperationException($"ACCESS_TOKEN_EXPIRE_MINUTES is {minutes}; it must be 1 to 10080");
        var section = configuration.GetSection("Access");
        var options = section.Get<AccessOptions>() ?? new AccessOptions();
        return new AccessOptions
        {
            SignUp = options.SignUp,
            LoginsPerMinute = options.LoginsPerMinute,
            FailuresPerName = options.FailuresPerName,
            FailuresPerAddress = options.FailuresPerAddress,
            LockoutMinutes = options.LockoutMinutes,
            SessionLife = TimeSpan.FromMinutes(minutes),
        };
    }
}
