using System.Security.Cryptography;

namespace Warren.Server.Images;

/// <summary>Takes files of this machine into the incoming folder, hashing while copying.</summary>
internal sealed class FileIntake(ImageOptions options)
{
    private const int BufferBytes = 256 << 10;

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
        return await ReceiveAsync(source, target, progress, cancellation);
    }

    /// <summary>Hashes a file that is here.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Hexadecimal digits.</returns>
    public static async Task<(string Sha256, string Sha512)> HashAsync(string path, IProgress<DownloadProgress> progress, CancellationToken cancellation)
    {
        using var hashes = new Hashes();
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var buffer = new byte[BufferBytes];
        long bytes = 0;
        while (await file.ReadAsync(buffer, cancellation) is var count and > 0)
        {
            hashes.Add(buffer.AsSpan(0, count));
            progress.Report(new DownloadProgress(bytes += count, file.Length));
        }

        return hashes.End();
    }

    private async Task<DownloadResult> ReceiveAsync(FileStream source, string target, IProgress<DownloadProgress> progress, CancellationToken cancellation)
    {
        var length = source.Length;
        if (length > options.MaximumBytes) throw TooLarge();
        DownloadFile.RequireSpace(target, length, options);
        using var hashes = new Hashes();
        await using var file = StoreFiles.Create(target);
        var buffer = new byte[BufferBytes];
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
            hashes.Add(buffer.AsSpan(0, count));
            progress.Report(new DownloadProgress(bytes, length));
        }

        if (bytes != length) throw new ImageException(ImageErrors.DownloadFailed, $"cut off after {bytes} of {length} bytes");
        file.Flush(flushToDisk: true);
        var (sha256, sha512) = hashes.End();
        return new DownloadResult(bytes, sha256, sha512, new Uri("file:///"));
    }

    private static bool IsBelow(string path, string folder) => path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private ImageException TooLarge() => new(ImageErrors.TooLarge, $"it is larger than the allowed {options.MaximumBytes} bytes");

    private static ImageException Refuse(string rule) => new(ImageErrors.PathRefused, $"path: {rule}");

    private sealed class Hashes : IDisposable
    {
        private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly IncrementalHash _sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

        public void Add(ReadOnlySpan<byte> bytes)
        {
            _sha256.AppendData(bytes);
            _sha512.AppendData(bytes);
        }

        public (string Sha256, string Sha512) End() => (Convert.ToHexStringLower(_sha256.GetHashAndReset()), Convert.ToHexStringLower(_sha512.GetHashAndReset()));

        public void Dispose()
        {
            _sha256.Dispose();
            _sha512.Dispose();
        }
    }
}
