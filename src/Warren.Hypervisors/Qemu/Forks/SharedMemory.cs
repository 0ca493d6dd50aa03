using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>
/// A guest's memory as a file without a name (memfd_create(2)): freed with its QEMU, and to be read by us while the guest
/// stands still. QEMU opens it by a path through our own open file, because from 8.2 on it leaves only memory that has a
/// path out of a migration stream (migration/ram.c, <c>qemu_ram_is_named_file</c>).
/// </summary>
internal static partial class SharedMemory
{
    private const string Name = "warren-ram";

    private const uint CloseOnExec = 1;

    private const int SeekData = 3;

    private const int SeekHole = 4;

    /// <summary>A fresh one; keep it open until QEMU runs. Null where the kernel has none.</summary>
    internal static SafeFileHandle? Make(long bytes)
    {
        var handle = new SafeFileHandle(MemfdCreate(Name, CloseOnExec), ownsHandle: true);
        if (handle.IsInvalid) return null;
        RandomAccess.SetLength(handle, bytes);
        return handle;
    }

    /// <summary>A path that leads to it while this process has it open.</summary>
    internal static string PathOf(SafeFileHandle handle) =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{handle.DangerousGetHandle()}");

    /// <summary>The memory of a running QEMU; null when it has none of ours.</summary>
    internal static SafeFileHandle? Of(int pid)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd");
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            if (new FileInfo(file).LinkTarget?.StartsWith("/memfd:" + Name, StringComparison.Ordinal) == true)
                return File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }

        return null;
    }

    /// <summary>Where something is from an offset on; negative where nothing but a hole follows (lseek(2), ENXIO).</summary>
    internal static long NextData(SafeFileHandle memory, long offset) => Seek(memory, offset, SeekData);

    /// <summary>Where nothing is from an offset on: at the end at the latest.</summary>
    internal static long NextHole(SafeFileHandle memory, long offset) => Seek(memory, offset, SeekHole);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
