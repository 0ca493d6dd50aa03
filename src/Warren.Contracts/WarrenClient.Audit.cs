namespace Warren.Contracts;

/// <summary>The audit trail.</summary>
public sealed partial class WarrenClient
{
    /// <summary>The whole chain may be long.</summary>
    private static readonly TimeSpan s_walk = TimeSpan.FromHours(1);

    /// <summary>Audit entries, newest first.</summary>
    /// <param name="filter">Which: names of the route's parameters (user, action, subject, project, result, from, to, address) with their values.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public IAsyncEnumerable<AuditEntry> ListAuditAsync(IReadOnlyDictionary<string, string> filter, CancellationToken cancellation = default)
        => PagesAsync<AuditEntry>("/audit" + (filter.Count == 0 ? "" : "?" + string.Join('&', filter.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"))), cancellation);

    /// <summary>Where the trail ends.</summary>
    public Task<AuditHead> GetAuditHeadAsync(CancellationToken cancellation = default) => GetAsync<AuditHead>("/audit/head", cancellation);

    /// <summary>Has the server walk through the chain.</summary>
    /// <param name="kept">A head that was kept elsewhere, to be looked for.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<AuditVerificationResult> VerifyAuditAsync(AuditHead? kept = null, CancellationToken cancellation = default)
        => GetAsync<AuditVerificationResult>("/audit/verify" + (kept is null ? "" : $"?head={kept.Seq}:{Uri.EscapeDataString(kept.Hash)}"), cancellation, longer: s_walk);

    /// <summary>Copies all entries, oldest first, one JSON object a line.</summary>
    /// <param name="to">Where they are written.</param>
    /// <param name="after">Only those behind this number.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="HttpRequestException">It broke off: what was written is not all.</exception>
    public async Task ExportAuditAsync(Stream to, long after = 0, CancellationToken cancellation = default)
    {
        using var request = Stream($"/audit/export?after={after}", "application/x-ndjson");
        using var answer = await OpenAsync(request, cancellation);
        await answer.Content.CopyToAsync(to, cancellation);
    }
}
