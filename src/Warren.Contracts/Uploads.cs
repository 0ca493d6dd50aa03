namespace Warren.Contracts;

/// <summary>A file on its way into the store, sent piece by piece by the tus protocol, version 1.0.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Name">Name of the image that it becomes.</param>
/// <param name="FileName">The file's name where it came from, if told.</param>
/// <param name="Length">Bytes of the whole file.</param>
/// <param name="Offset">Bytes that are here; the next piece begins there.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ExpiresAt">When it is given up unless more comes.</param>
/// <param name="OperationId">The import, once all bytes are here.</param>
public sealed record Upload(
    string Id, string Name, string? FileName, long Length, long Offset, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string? OperationId = null)
{
    /// <summary>What the whole must be, if told.</summary>
    public string? Checksum { get; init; }

    /// <summary>The format that it was said to have, if any.</summary>
    public string? Format { get; init; }

    /// <summary>User that cloud-init sets up for logging in, if told.</summary>
    public string? DefaultUser { get; init; }

    /// <summary>Whether it is let in without a checksum.</summary>
    public bool Insecure { get; init; }
}

/// <summary>Names of the tus protocol (tus.io, protocols/resumable-upload, 1.0.0).</summary>
public static class Tus
{
    /// <summary>The one version that is spoken.</summary>
    public const string Version = "1.0.0";

    /// <summary>Header with the version, of each request and answer.</summary>
    public const string Resumable = "Tus-Resumable";

    /// <summary>Header: bytes of the whole file.</summary>
    public const string Length = "Upload-Length";

    /// <summary>Header: where a piece begins, or how much is here.</summary>
    public const string Offset = "Upload-Offset";

    /// <summary>Header: names and values in base64, divided by commas.</summary>
    public const string Metadata = "Upload-Metadata";

    /// <summary>Header: when an unfinished upload is given up, as an HTTP date.</summary>
    public const string Expires = "Upload-Expires";

    /// <summary>Header, not of the protocol: the identifier of the import that the last piece has begun.</summary>
    public const string Operation = "Warren-Operation";

    /// <summary>Type of a piece.</summary>
    public const string ContentType = "application/offset+octet-stream";
}
