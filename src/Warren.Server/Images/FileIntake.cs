using System.Security.Cryptography;

namespace Warren.Server.Images;

/// <summary>Takes files and streams of this machine into the incoming folder, hashing while copying.</summary>
internal sealed class FileIntake(ImageOptions options)
{
    /// <summary>Checks before anything is opened that imports by path are allowed at all and the text is an absolute path.</summary>
    /// <exception cref="ImageException">They are not, or it is not.</exception>
    public void CheckPath(string path)
    {
        if (options.AllowedFolders.Count == 0) throw Refuse("imports by path are off; an administrator names folders in Images:AllowedFolders");
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0', StringComparison.Ordinal)) throw Refuse("must be an absolute path");
        var plain = Path.GetFullPath(path);
        if (!options.AllowedFolders.Any(f => IsBelow(plain, Path.GetFullPath(f)))) throw Refuse("is outside the folders of Images:AllowedFolders");
    }

    /// <summary>Copies a file of an allowed folder. What counts is the file really opened, whatever links led to it.</summary>
    public async Task<DownloadResult> CopyAsync(string path, string target, IProgress<DownloadProgress> progress, CancellationToken cancellation)
    {
        CheckPath(path);
        await using var source = StoreFiles.OpenRegular(path, out var real) ?? throw Refuse("is not a file that can be read");
        if (!options.AllowedFolders.Any(f => IsBelow(real, StoreFiles.RealPath(f)))) throw Refuse("leads outside the folders of Images:AllowedFolders");
        return await ReceiveAsync(source, source.Length, target, progress, cancellation);
    }

    /// <summary>Writes a stream to a file.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="length">How many, when known; fewer are an error.</param>
    /// <param name="target">The file to write.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<DownloadResult> ReceiveAsync(Stream source, long? length, string target, IProgress<DownloadProgress> progress, CancellationToken cancellation)
    {
        if (length > options.MaximumBytes) throw TooLarge();
        DownloadFile.RequireSpace(target, length ?? 0, options);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        await using var file = StoreFiles.Create(target);
        var buffer = new byte[256 << 10];
        long bytes = 0, checkedAt = 0;
        while (await source.ReadAsync(buffer, cancellation) is var count and > 0)
        {
            if ((bytes += count) > options.MaximumBytes) throw TooLarge();
            if (bytes - checkedAt >= options.CheckpointBytes)
            {
                checkedAt = bytes;
                DownloadFile.RequireSpace(target, 0, options);
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellation);
            sha256.AppendData(buffer, 0, count);
            sha512.AppendData(buffer, 0, count);
            progress.Report(new DownloadProgress(bytes, length));
        }

        if (length is { } all && bytes != all) throw new ImageException(ImageErrors.DownloadFailed, $"cut off after {bytes} of {all} bytes");
        file.Flush(flushToDisk: true);
        return new DownloadResult(bytes, Convert.ToHexStringLower(sha256.GetHashAndReset()), Convert.ToHexStringLower(sha512.GetHashAndReset()), new Uri("file:///"));
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private ImageException TooLarge() => new(ImageErrors.TooLarge, $"it is larger than the allowed {options.MaximumBytes} bytes");

    private static ImageException Refuse(string rule) => new(ImageErrors.PathRefused, $"path: {rule}");
}
