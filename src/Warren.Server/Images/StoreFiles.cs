using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Warren.Server.Images;

/// <summary>Files of the store: private from the first moment, durable before they are relied on.</summary>
internal static class StoreFiles
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;

    /// <summary>Creates or truncates a file with mode 0600.</summary>
    public static FileStream Create(string path) => Open(path, FileMode.Create);

    /// <summary>Opens a file for writing, mode 0600 when it is new.</summary>
    public static FileStream Open(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = PrivateFile;
        return new FileStream(path, options);
    }

    /// <summary>Opens a file to go on writing at this offset.</summary>
    public static FileStream OpenToAppend(string path, long offset)
    {
        var file = Open(path, FileMode.OpenOrCreate);
        file.SetLength(offset);
        file.Position = offset;
        return file;
    }

    /// <summary>Creates a folder with mode 0700.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, PrivateFolder);
    }

    /// <summary>Makes a file read-only for its owner and unreadable for all others: 0400.</summary>
    public static void Seal(string path)
    {
        if (OperatingSystem.IsWindows()) File.SetAttributes(path, FileAttributes.ReadOnly);
        else File.SetUnixFileMode(path, UnixFileMode.UserRead);
    }

    /// <summary>Opens a regular file for reading, never waiting for a pipe's other end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="real">Where the file that was opened really is, links resolved.</param>
    /// <returns>The file, or null when it is none or cannot be opened.</returns>
    public static FileStream? OpenRegular(string path, out string real)
    {
        real = Path.GetFullPath(path);
        if (OperatingSystem.IsWindows()) return File.Exists(path) ? File.OpenRead(path) : null;
        const int nonBlockingCloseOnExec = 0x800 | 0x80000; // O_NONBLOCK | O_CLOEXEC, O_RDONLY being 0
        var descriptor = Native.Open([.. Encoding.UTF8.GetBytes(path), 0], nonBlockingCloseOnExec);
        if (descriptor < 0) return null;
        real = new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget ?? "";
#pragma warning disable CA2000 // The stream owns the handle.
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
#pragma warning restore CA2000
        // Only regular files have a path of their own below /proc, are no folder, and can be sought.
        if (!File.Exists(real))
        {
            handle.Dispose();
            return null;
        }

        var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0, isAsync: false);
        if (stream.CanSeek) return stream;
        stream.Dispose();
        return null;
    }

    /// <summary>The folder with all links resolved.</summary>
    public static string RealPath(string folder)
    {
        var full = Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows()) return full;
        var resolved = "/";
        foreach (var part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = Directory.Exists(next) && Directory.ResolveLinkTarget(next, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : next;
        }

        return resolved;
    }

    /// <summary>Makes the names in a folder durable: a rename survives a power cut only after its folder is synced.</summary>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        const int readOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY on Linux (x86-64)
        var descriptor = Native.Open([.. Encoding.UTF8.GetBytes(path), 0], RuntimeInformation.ProcessArchitecture == Architecture.X64 ? readOnlyDirectory : 0);
        if (descriptor < 0) throw new IOException($"{path} cannot be opened to be synced (errno {Marshal.GetLastPInvokeError()})");
        try
        {
            if (Native.Sync(descriptor) != 0) throw new IOException($"{path} cannot be synced (errno {Marshal.GetLastPInvokeError()})");
        }
        finally
        {
            _ = Native.Close(descriptor);
        }
    }

    private static class Native
    {
#pragma warning disable SYSLIB1054 // LibraryImport would need unsafe code in the whole project.
        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern int Open(byte[] path, int flags);

        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern int Sync(int descriptor);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
        public static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054
    }
}
