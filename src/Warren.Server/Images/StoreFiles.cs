using System.Runtime.InteropServices;
using System.Text;

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
