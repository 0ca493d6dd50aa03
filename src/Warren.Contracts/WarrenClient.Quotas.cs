namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>What a launch may ask for, and what applies to the caller and the current project.</summary>
    public Task<Limits> GetLimitsAsync(CancellationToken cancellation = default) => GetAsync<Limits>("/limits", cancellation);

    /// <summary>What applies to a user; for administrators.</summary>
    public Task<QuotaStanding> GetUserLimitsAsync(string user, CancellationToken cancellation = default)
        => GetAsync<QuotaStanding>($"/users/{Segment(user)}/limits", cancellation);

    /// <summary>Sets a user's limits; what is null is the server's default again.</summary>
    public Task<QuotaStanding> SetUserLimitsAsync(string user, Quotas quotas, CancellationToken cancellation = default)
        => PutAsync<QuotaStanding>($"/users/{Segment(user)}/limits", quotas, cancellation);

    /// <summary>What applies to a project.</summary>
    public Task<QuotaStanding> GetProjectLimitsAsync(string project, CancellationToken cancellation = default)
        => GetAsync<QuotaStanding>($"/projects/{Segment(project)}/limits", cancellation);

    /// <summary>Sets a project's limits; what is null is the server's default again. For administrators.</summary>
    public Task<QuotaStanding> SetProjectLimitsAsync(string project, Quotas quotas, CancellationToken cancellation = default)
        => PutAsync<QuotaStanding>($"/projects/{Segment(project)}/limits", quotas, cancellation);
}
