namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Lists SSH keys.</summary>
    public IAsyncEnumerable<SshKey> ListKeysAsync(CancellationToken cancellation = default) => PagesAsync<SshKey>("/keys", cancellation);

    /// <summary>An SSH key by name or id.</summary>
    public Task<SshKey> GetKeyAsync(string key, CancellationToken cancellation = default)
        => GetAsync<SshKey>($"/keys/{Segment(key)}", cancellation);

    /// <summary>Makes a pair, or stores a public key. The private part of a new pair is in this answer and nowhere else.</summary>
    public Task<CreatedKey> CreateKeyAsync(CreateKeyRequest request, CancellationToken cancellation = default)
        => PostAsync<CreatedKey>("/keys", request, cancellation);

    /// <summary>Forgets a key; machines that have it keep it.</summary>
    public Task DeleteKeyAsync(string key, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/keys/{Segment(key)}", cancellation);
}
