namespace Warren.Server.Images;

/// <summary>Why an image could not be had. One message for people, one stable code for programs.</summary>
/// <param name="code">Stable, lower-case, dashed: one of <see cref="ImageErrors"/>.</param>
/// <param name="message">What happened and, where there is one, the remedy.</param>
/// <param name="transient">True when the same attempt may succeed later (network trouble); false for a refusal.</param>
/// <param name="inner">The cause.</param>
public sealed class ImageException(string code, string message, bool transient = false, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Stable code, one of <see cref="ImageErrors"/>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether trying again later can help.</summary>
    public bool Transient { get; } = transient;
}

/// <summary>The stable codes of <see cref="ImageException"/>; they end the <c>type</c> of a problem document.</summary>
public static class ImageErrors
{
    /// <summary>The URL is malformed, has credentials, or a scheme other than http and https.</summary>
    public const string UrlRefused = "image-url-refused";

    /// <summary>The URL leads to an address that is not public.</summary>
    public const string AddressRefused = "image-address-refused";

    /// <summary>The server could not be reached, stalled, or kept cutting the body short.</summary>
    public const string DownloadFailed = "image-download-failed";

    /// <summary>The file is larger than the configured maximum.</summary>
    public const string TooLarge = "image-too-large";

    /// <summary>The disk has not enough free space.</summary>
    public const string NoSpace = "image-no-space";

    /// <summary>The bytes are not those the checksum promises.</summary>
    public const string ChecksumMismatch = "image-checksum-mismatch";

    /// <summary>No checksum was given or published.</summary>
    public const string ChecksumMissing = "image-checksum-missing";

    /// <summary>The signature is wrong, or made by another key.</summary>
    public const string SignatureBad = "image-signature-bad";

    /// <summary>The signature could not be checked: no keyring, no tool.</summary>
    public const string SignatureUnchecked = "image-signature-unchecked";

    /// <summary>The file is not a disk image or ISO, or not the one it was said to be.</summary>
    public const string FormatRefused = "image-format-refused";

    /// <summary>The distribution's index or checksum file does not have what the catalogue looks for.</summary>
    public const string CatalogueStale = "image-catalogue-stale";

    /// <summary>A recipe failed, or needs packages that are not installed.</summary>
    public const string RecipeFailed = "image-recipe-failed";

    /// <summary>The path is outside the folders an administrator allowed.</summary>
    public const string PathRefused = "image-path-refused";
}
