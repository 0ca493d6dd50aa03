namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Who is asking.</summary>
    public Task<Session> GetSessionAsync(CancellationToken cancellation = default) => GetAsync<Session>("/session", cancellation);

    /// <summary>Makes a link that logs a browser in, once.</summary>
    public Task<LoginLink> CreateLoginLinkAsync(CancellationToken cancellation = default)
        => PostAsync<LoginLink>("/login-links", null, cancellation);

    /// <summary>Lists bearer tokens, without their secrets.</summary>
    public IAsyncEnumerable<ApiToken> ListTokensAsync(CancellationToken cancellation = default) => PagesAsync<ApiToken>("/tokens", cancellation);

    /// <summary>Makes a bearer token; its secret is in this answer and nowhere else.</summary>
    public Task<CreatedToken> CreateTokenAsync(CreateTokenRequest request, CancellationToken cancellation = default)
        => PostAsync<CreatedToken>("/tokens", request, cancellation);

    /// <summary>Ends a bearer token.</summary>
    public Task DeleteTokenAsync(string id, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/tokens/{Segment(id)}", cancellation);
}
