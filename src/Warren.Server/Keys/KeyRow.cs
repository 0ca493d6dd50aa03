using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Keys;

/// <summary>A public key. The private part is never stored.</summary>
internal sealed class KeyRow : IOwned
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public required string Algorithm { get; set; }
    public required string PublicKey { get; set; }
    public required string Fingerprint { get; set; }
    public DateTimeOffset CreatedAt { get; set; }

    public SshKey ToContract(string owner) => new()
    {
        Id = Id,
        Name = Name,
        Owner = owner,
        Algorithm = Algorithm,
        PublicKey = PublicKey,
        Fingerprint = Fingerprint,
        CreatedAt = CreatedAt,
    };
}
