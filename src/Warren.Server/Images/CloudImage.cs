using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>How a distribution signs an image.</summary>
public enum SignatureKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A detached signature of the checksum file.</summary>
    DetachedOverChecksums,

    /// <summary>The checksum file is itself clearsigned.</summary>
    Clearsigned,

    /// <summary>A detached signature of the image.</summary>
    DetachedOverImage,
}

/// <summary>
/// A distribution's cloud image in the catalogue. File names are patterns: which version is newest is read from the distribution's own
/// listing or checksum file. <c>{release}</c> stands for the newest release found, <c>{image}</c> for the image's file name.
/// </summary>
public sealed record CloudImage
{
    /// <summary>Name to launch by, such as <c>ubuntu-24.04</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Title for people.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two.</summary>
    public string? Description { get; init; }

    /// <summary>Further names.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>User that cloud-init sets up.</summary>
    public required string DefaultUser { get; init; }

    /// <summary>Least memory it boots with, in MiB.</summary>
    public required int MinimumMemoryMiB { get; init; }

    /// <summary>Memory given when none is named, in MiB.</summary>
    public required int DefaultMemoryMiB { get; init; }

    /// <summary>Least system disk in GiB.</summary>
    public required int MinimumDiskGiB { get; init; }

    /// <summary>About how large the download is, in MiB.</summary>
    public required int ApproximateMiB { get; init; }

    /// <summary>Format, <c>qcow2</c>, <c>raw</c> or <c>iso</c>, whatever the file's name ends with.</summary>
    public required string Format { get; init; }

    /// <summary>What the guest has: <c>ssh</c>, <c>cloud-init</c>, <c>serial</c>, <c>screen</c>, <c>agent</c>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Folder with one sub-folder for each release, or null when <see cref="Folder"/> is fixed.</summary>
    public Uri? Releases { get; init; }

    /// <summary>Pattern of the release folders' names; group <c>release</c> is compared as a version.</summary>
    public Regex? ReleasePattern { get; init; }

    /// <summary>URL of the folder with the image, ending in a slash; may hold <c>{release}</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Pattern of the image's file name; may hold <c>{release}</c>.</summary>
    public required string ImagePattern { get; init; }

    /// <summary>Whether the image is looked for in the folder's listing; else in the checksum file.</summary>
    public bool ImageFromListing { get; init; }

    /// <summary>Name of the checksum file; may hold <c>{image}</c>. Null when it is found by <see cref="ChecksumPattern"/>.</summary>
    public string? ChecksumName { get; init; }

    /// <summary>Pattern of the checksum file's name in the folder's listing; may hold <c>{release}</c>.</summary>
    public string? ChecksumPattern { get; init; }

    /// <summary>How it is signed.</summary>
    public SignatureKind Signature { get; init; }

    /// <summary>Name of the detached signature; may hold <c>{image}</c>.</summary>
    public string? SignatureName { get; init; }

    /// <summary>Who signs.</summary>
    public SigningKeys? Keys { get; init; }
}
