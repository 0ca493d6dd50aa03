using Warren.Server.Web;

namespace Warren.Server.Consoles.Recordings;

/// <summary>The files of recordings: a folder of mode 0700, a file of mode 0600 for each.</summary>
internal sealed class RecordingFolder
{
    private const string Extension = ".warrenrec";
    private readonly RecordingOptions _options;

    public RecordingFolder(RecordingOptions options, DataFolder data)
    {
        _options = options;
        Path = options.Folder is { } folder ? System.IO.Path.GetFullPath(folder) : data.Combine("recordings");
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(Path);
        else Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string Path { get; }

    /// <summary>Whether there is room to record.</summary>
    public bool HasRoom => new DriveInfo(Path).AvailableFreeSpace >= (long)_options.ReservedFreeMiB << 20;

    public string FileOf(string recording) => System.IO.Path.Combine(Path, recording + Extension);

    public void Delete(string recording) => File.Delete(FileOf(recording));

    /// <summary>Ids of recordings whose files were last written before a time.</summary>
    public IEnumerable<string> OlderThan(DateTimeOffset time) => new DirectoryInfo(Path).EnumerateFiles("*" + Extension)
        .Where(f => f.LastWriteTimeUtc < time.UtcDateTime).Select(f => System.IO.Path.GetFileNameWithoutExtension(f.Name));
}
