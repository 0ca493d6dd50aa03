using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>
/// The files of the images, addressed by content: <c>sha256/&lt;first two&gt;/&lt;hash&gt;</c>, mode 0400, never changed. What is on its way in
/// lives in <c>incoming/&lt;operation&gt;/</c> on the same file system, so that putting it is one rename. No name comes from a user.
/// </summary>
public sealed partial class ImageStore : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly string content;
    private readonly string incoming;
    private readonly ImageOptions options;

    /// <summary>Opens the store, making its folders when they are missing.</summary>
    /// <param name="root">Folder of the store.</param>
    /// <param name="options">Limits.</param>
    public ImageStore(string root, ImageOptions options)
    {
        Root = Path.GetFullPath(root);
        this.options = options;
        content = Path.Combine(Root, "sha256");
        incoming = Path.Combine(Root, "incoming");
        StoreFiles.CreateFolder(content);
        StoreFiles.CreateFolder(incoming);
    }

    /// <summary>Takes the lock under which content is put and removed; disposing the result gives it back.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        return new Release(() => gate.Release());
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    /// <summary>Absolute path of the store's folder.</summary>
    public string Root { get; }

    /// <summary>Path of the file with this content, there or not.</summary>
    /// <exception cref="ArgumentException">Not 64 lower-case hexadecimal digits.</exception>
    public string PathOf(string sha256)
    {
        if (!Sha256Pattern().IsMatch(sha256)) throw new ArgumentException("not a SHA-256 in lower-case hexadecimal", nameof(sha256));
        return Path.Combine(content, sha256[..2], sha256);
    }

    /// <summary>Whether the content is there.</summary>
    public bool Contains(string sha256) => File.Exists(PathOf(sha256));

    /// <summary>The folder of one operation's incoming files, made when it is missing, mode 0700.</summary>
    /// <exception cref="ArgumentException">The id is not letters, digits and dashes.</exception>
    public string IncomingFolder(string operationId)
    {
        var folder = IncomingPath(operationId);
        StoreFiles.CreateFolder(folder);
        return folder;
    }

    /// <summary>The file of an upload that no operation has taken yet, there or not.</summary>
    public string UploadFile(string id) => Path.Combine(IncomingPath(id), "image");

    /// <summary>Moves a finished incoming file to its place. When the content is there already, the incoming file is dropped.</summary>
    /// <param name="file">A file inside the store's incoming folder.</param>
    /// <param name="sha256">Its SHA-256, computed by the caller while writing.</param>
    /// <returns>Where it is now.</returns>
    public string Put(string file, string sha256)
    {
        var full = Path.GetFullPath(file);
        if (!full.StartsWith(incoming + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new ArgumentException("not in the incoming folder", nameof(file));
        var target = PathOf(sha256);
        if (File.Exists(target))
        {
            File.Delete(full);
            return target;
        }

        using (var handle = File.OpenHandle(full, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(handle);
        StoreFiles.Seal(full);
        var folder = Path.GetDirectoryName(target)!;
        var fresh = !Directory.Exists(folder);
        StoreFiles.CreateFolder(folder);
        File.Move(full, target, overwrite: true);
        StoreFiles.SyncFolder(folder);
        if (fresh) StoreFiles.SyncFolder(content);
        return target;
    }

    /// <summary>Removes content. Content that is not there is success.</summary>
    public void Remove(string sha256)
    {
        var path = PathOf(sha256);
        if (!File.Exists(path)) return;
        if (OperatingSystem.IsWindows()) File.SetAttributes(path, FileAttributes.Normal);
        File.Delete(path);
        StoreFiles.SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Every content in the store.</summary>
    public IEnumerable<string> List() => Directory.EnumerateFiles(content, "*", SearchOption.AllDirectories)
        .Select(Path.GetFileName).OfType<string>().Where(n => Sha256Pattern().IsMatch(n));

    /// <summary>Removes one operation's incoming files.</summary>
    public void RemoveIncoming(string operationId)
    {
        var folder = IncomingPath(operationId);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The operations and uploads that have an incoming folder.</summary>
    public IReadOnlyList<string> ListIncoming() => [.. Directory.EnumerateDirectories(incoming).Select(Path.GetFileName).OfType<string>()];

    /// <summary>Free bytes on the store's disk beyond the configured reserve; negative when the reserve is broken into.</summary>
    public long FreeBytes => new DriveInfo(Root).AvailableFreeSpace - options.ReservedFreeBytes;

    /// <summary>Checks before writing that there is room.</summary>
    /// <param name="bytes">How many bytes are to be written.</param>
    /// <exception cref="ImageException">There is not; the message says how many bytes are needed and free.</exception>
    public void RequireSpace(long bytes)
    {
        var free = FreeBytes;
        if (bytes > free)
            throw new ImageException(ImageErrors.NoSpace,
                $"the image store needs {bytes} bytes but has {Math.Max(0, free)} ({options.ReservedFreeBytes} are kept free); delete images or enlarge the disk");
    }

    /// <summary>Path of an operation's incoming folder, there or not.</summary>
    /// <exception cref="ArgumentException">The id is not letters, digits and dashes.</exception>
    public string IncomingPath(string operationId)
    {
        if (!OperationPattern().IsMatch(operationId)) throw new ArgumentException("not an operation id", nameof(operationId));
        return Path.Combine(incoming, operationId);
    }

    private sealed class Release(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sha256Pattern();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OperationPattern();
}
