namespace Warren.Server.Web;

/// <summary>Where everything that Warren keeps lies: 0700, canonical.</summary>
internal sealed class DataFolder
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public DataFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(Path);
        if (OperatingSystem.IsWindows()) return;
        // A bit for the group may be that of a list of access, which lets confined machines come through and see nothing.
        if ((File.GetUnixFileMode(Path) & ~UnixFileMode.GroupExecute) != Private) File.SetUnixFileMode(Path, Private);
    }

    public string Path { get; }

    /// <summary><c>WARREN_DATA</c>, else <c>$XDG_DATA_HOME/warren</c>, else <c>~/.local/share/warren</c>.</summary>
    public static string DefaultPath()
        => Environment.GetEnvironmentVariable("WARREN_DATA") is { Length: > 0 } data ? data
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify), "warren");

    public string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Makes a folder below, 0700.</summary>
    public string Folder(params string[] parts)
        => OperatingSystem.IsWindows() ? Directory.CreateDirectory(Combine(parts)).FullName : Directory.CreateDirectory(Combine(parts), Private).FullName;

    /// <summary>The path of SQLite's file, there and 0600: SQLite itself makes it for everybody to read, and those beside it as it is. A file of no bytes is an empty database.</summary>
    public string Database()
    {
        var path = Combine("warren.db");
        if (OperatingSystem.IsWindows()) return path;
        foreach (var file in Directory.EnumerateFiles(Path, "warren.db*")) File.SetUnixFileMode(file, PrivateFile);
        if (!File.Exists(path)) new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = PrivateFile }).Dispose();
        return path;
    }

    /// <summary>Writes a file only the server's user can read, replacing the old one in one step.</summary>
    public async Task WritePrivateAsync(string name, byte[] content, CancellationToken cancellation)
    {
        var temporary = Combine(name + ".new");
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new FileStream(temporary, options))
        {
            await file.WriteAsync(content, cancellation);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, Combine(name), overwrite: true);
    }
}
