using System.Text.Json;
using Warren.Contracts;

namespace Warren.Server.Quotas;

/// <summary>What an administrator has set for a user or a project. Without a row, the defaults hold.</summary>
internal sealed class QuotaRow
{
    /// <summary>Id of the user or the project.</summary>
    public required string Id { get; set; }

    /// <summary>A <see cref="Contracts.Quotas"/>.</summary>
    public required string LimitsJson { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    public Contracts.Quotas Limits
    {
        get => JsonSerializer.Deserialize<Contracts.Quotas>(LimitsJson, WarrenJson.Options)!;
        set => LimitsJson = JsonSerializer.Serialize(value, WarrenJson.Options);
    }
}
