using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Qemu.Suspension;

/// <summary>fsync(2) of a folder: names that were made, changed or removed in it survive the loss of power from then on.</summary>
internal static partial class FolderSync
{
    private const int Folder = 0x10000, CloseOnExec = 0x80000;

    /// <exception cref="IOException">The host's disk failed.</exception>
    internal static void Run(string path) => Run(path, Folder | CloseOnExec);

    /// <summary>The same of the files in it, whose content does too.</summary>
    /// <exception cref="IOException">The host's disk failed.</exception>
    internal static void Deep(string path)
    {
        foreach (var file in Directory.EnumerateFiles(path)) Run(file, CloseOnExec);
        Run(path);
    }

    private static void Run(string path, int flags)
    {
        var handle = Open(path, flags);
        if (handle < 0) throw Failure(path);
        try
        {
            if (Sync(handle) != 0) throw Failure(path);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Failure(string path) => new($"{path} could not be written to the disk: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int handle);
}
