namespace Warren.Contracts;

/// <summary>Where an image is.</summary>
public enum ImageState
{
    /// <summary>Being downloaded or copied into the store.</summary>
    Importing,

    /// <summary>Being built from a recipe.</summary>
    Building,

    /// <summary>In the store, checked, usable.</summary>
    Ready,

    /// <summary>Could not be had; its problem says why.</summary>
    Failed,
}

/// <summary>A disk or ISO in the store, addressed by its SHA-256.</summary>
public sealed record Image
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique in its project.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>State.</summary>
    public required ImageState State { get; init; }

    /// <summary>SHA-256 in lower-case hexadecimal, once known.</summary>
    public string? Sha256 { get; init; }

    /// <summary>True format, once checked: <c>qcow2</c>, <c>raw</c> or <c>iso</c>.</summary>
    public string? Format { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Size of the disk the guest sees, in bytes.</summary>
    public long? VirtualSizeBytes { get; init; }

    /// <summary>Where it came from: a URL, <c>recipe:tiny</c>, <c>upload</c>.</summary>
    public required string Source { get; init; }

    /// <summary>How its content was verified.</summary>
    public required ImageVerification Verification { get; init; }

    /// <summary>User that cloud-init sets up for logging in.</summary>
    public string? DefaultUser { get; init; }

    /// <summary>Least memory it boots with, in MiB.</summary>
    public int? MinimumMemoryMiB { get; init; }

    /// <summary>Memory given when a launch names none, in MiB.</summary>
    public int? DefaultMemoryMiB { get; init; }

    /// <summary>
    /// What the guest is known to have: <c>agent</c>, <c>ssh</c>, <c>cloud-init</c>, <c>serial</c>, <c>screen</c>; <c>stateless</c>: it lives in
    /// memory and keeps nothing on its disk, its SSH host keys included.
    /// </summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The operation under way on it, if any.</summary>
    public string? Operation { get; init; }

    /// <summary>Why it failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>How an image was verified.</summary>
/// <param name="Checksum"><c>published</c>, <c>given</c>, <c>built-here</c> or <c>none</c>.</param>
/// <param name="Signature"><c>good</c>, <c>none-published</c>, <c>not-checked</c> or <c>built-here</c>.</param>
/// <param name="Insecure">It was let in although it could not be verified.</param>
public sealed record ImageVerification(string Checksum, string Signature, bool Insecure);

/// <summary>POST /images. Exactly one of <see cref="Recipe"/>, <see cref="Catalogue"/>, <see cref="Url"/> and <see cref="Path"/> is given.</summary>
public sealed record ImportImageRequest
{
    /// <summary>Name; the recipe's or entry's when left out.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>Build from this recipe.</summary>
    [Audited] public string? Recipe { get; init; }

    /// <summary>Download this catalogue entry.</summary>
    [Audited] public string? Catalogue { get; init; }

    /// <summary>Download from this http or https URL.</summary>
    public string? Url { get; init; }

    /// <summary>Copy this file of the server's machine, within a folder that the administrator allowed.</summary>
    public string? Path { get; init; }

    /// <summary><c>sha256:HEX</c> or <c>sha512:HEX</c>; required for URL and path unless <see cref="Insecure"/>.</summary>
    [Audited] public string? Checksum { get; init; }

    /// <summary><c>qcow2</c>, <c>raw</c> or <c>iso</c>; found by looking when left out. Raw disks without a partition table must be declared.</summary>
    [Audited] public string? Format { get; init; }

    /// <summary>User that cloud-init sets up for logging in.</summary>
    public string? DefaultUser { get; init; }

    /// <summary>Let it in although it cannot be verified.</summary>
    [Audited] public bool Insecure { get; init; }
}

/// <summary>Something that can be launched although it is not in the store yet: a recipe or a distribution's cloud image.</summary>
public sealed record CatalogueEntry
{
    /// <summary>Name to launch by.</summary>
    public required string Name { get; init; }

    /// <summary><c>recipe</c> or <c>download</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Title for people.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two.</summary>
    public string? Description { get; init; }

    /// <summary>User for logging in.</summary>
    public string? DefaultUser { get; init; }

    /// <summary>Least memory in MiB.</summary>
    public required int MinimumMemoryMiB { get; init; }

    /// <summary>Memory given when none is named, in MiB.</summary>
    public required int DefaultMemoryMiB { get; init; }

    /// <summary>Least system disk in GiB.</summary>
    public required int MinimumDiskGiB { get; init; }

    /// <summary>About how many bytes are downloaded.</summary>
    public long? DownloadBytes { get; init; }

    /// <summary>About how long a build takes on two cores, in seconds.</summary>
    public int? BuildSeconds { get; init; }

    /// <summary>What the guest has: <c>agent</c>, <c>ssh</c>, <c>cloud-init</c>, <c>serial</c>, <c>screen</c>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Id of the image in the store when it is there already.</summary>
    public string? ImageId { get; init; }
}
