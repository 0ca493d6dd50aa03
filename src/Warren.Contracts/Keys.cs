namespace Warren.Contracts;

/// <summary>Kinds of SSH key that can be made.</summary>
public enum KeyAlgorithm
{
    /// <summary>Ed25519.</summary>
    Ed25519,

    /// <summary>RSA with 4096 bits.</summary>
    Rsa4096,
}

/// <summary>An SSH key: its public part.</summary>
public sealed record SshKey
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique per owner.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Algorithm as OpenSSH names it: <c>ssh-ed25519</c>, <c>ssh-rsa</c>, …</summary>
    public required string Algorithm { get; init; }

    /// <summary>Public key, one line in OpenSSH's format.</summary>
    public required string PublicKey { get; init; }

    /// <summary><c>SHA256:…</c> as <c>ssh-keygen -l</c> prints it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>POST /keys: make a pair, or store a public key that exists.</summary>
public sealed record CreateKeyRequest
{
    /// <summary>Name.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>What to make; ignored with <see cref="PublicKey"/>.</summary>
    [Audited] public KeyAlgorithm Algorithm { get; init; }

    /// <summary>An existing public key to store instead of making a pair.</summary>
    public string? PublicKey { get; init; }
}

/// <summary>Answer to POST /keys: the only time the private part is sent; the server does not keep it.</summary>
public sealed record CreatedKey
{
    /// <summary>The key.</summary>
    public required SshKey Key { get; init; }

    /// <summary>Private key in OpenSSH's format when a pair was made.</summary>
    public string? PrivateKey { get; init; }
}
