using System.Text.Json;

namespace Warren.Server.Images;

/// <summary>A file to download.</summary>
/// <param name="Url">Where from.</param>
/// <param name="Path">File to write; its state is kept beside it in <c>Path + ".json"</c> so that a killed download goes on where it was.</param>
public sealed record DownloadRequest(Uri Url, string Path)
{
    /// <summary>Largest size taken, in bytes.</summary>
    public long MaximumBytes { get; init; } = long.MaxValue;

    /// <summary>Also computes SHA-512.</summary>
    public bool Sha512 { get; init; }
}

/// <summary>A finished download.</summary>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">SHA-256 of the file, lower-case hexadecimal.</param>
/// <param name="Sha512">SHA-512 likewise, when it was asked for.</param>
/// <param name="FinalUrl">Where the redirects ended.</param>
public sealed record DownloadResult(long Bytes, string Sha256, string? Sha512, Uri FinalUrl);

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="Total">Bytes in all, when the server says.</param>
public sealed record DownloadProgress(long Bytes, long? Total)
{
    /// <summary>0 to 100, when the total is known.</summary>
    public double? Percent => Total is > 0 ? Math.Min(100.0, 100.0 * Bytes / Total.Value) : null;
}

/// <summary>What a download remembers on disk. Everything up to <see cref="Bytes"/> is on stable storage.</summary>
internal sealed record DownloadState
{
    public required string Url { get; init; }
    public required long Bytes { get; init; }
    public long? Total { get; init; }
    public string? ETag { get; init; }
    public DateTimeOffset? LastModified { get; init; }
    public bool Complete { get; init; }

    /// <summary>Whether the server can be asked for the rest of the very same file.</summary>
    public bool CanResume => Bytes > 0 && (ETag is not null || LastModified is not null);

    public static DownloadState? Read(string path, Uri url)
    {
        try
        {
            var state = JsonSerializer.Deserialize<DownloadState>(File.ReadAllText(path));
            return state is not null && state.Url == url.AbsoluteUri && state.Bytes >= 0 ? state : null;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null; // None yet, or torn by a crash: the download starts over.
        }
    }

    public void Write(string path)
    {
        var temporary = path + ".new";
        using (var stream = StoreFiles.Create(temporary))
        {
            JsonSerializer.Serialize(stream, this);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
