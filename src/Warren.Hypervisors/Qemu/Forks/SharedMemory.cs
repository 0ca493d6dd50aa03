using System.Globalization;
using System.Runtime.ExceptionServices;
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

    private const long Part = 8L << 20;

    private const int Chunk = 1 << 20;

    private const int AtOnce = 4;

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

    /// <summary>Makes the file of a copy, without anything in it.</summary>
    internal static void Reserve(SafeFileHandle from, string path)
    {
        using var to = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(path, OwnerOnly.File);
        RandomAccess.SetLength(to, RandomAccess.GetLength(from));
    }

    /// <summary>Copies what the guest has ever touched to such a file; the rest stays a hole.</summary>
    internal static void Copy(SafeFileHandle from, string path, CancellationToken cancellation)
    {
        var length = RandomAccess.GetLength(from);
        using var to = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        var parts = new List<(long From, long To)>();
        for (long at = 0; at < length && (at = Seek(from, at, SeekData)) >= 0;)
        {
            for (var hole = Seek(from, at, SeekHole); at < hole; at += Part) parts.Add((at, Math.Min(at + Part, hole)));
            at = parts[^1].To;
        }

        try
        {
            // The guest stands still meanwhile, and so do its CPUs: two copy in two thirds of the time of one.
            Parallel.ForEach(parts, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, () => new byte[Chunk], CopyPart, _ => { });
        }
        catch (AggregateException e)
        {
            // A full disk is one for all of them.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        byte[] CopyPart((long From, long To) part, ParallelLoopState _, byte[] buffer)
        {
            for (var (at, end) = part; at < end;)
            {
                var read = RandomAccess.Read(from, buffer.AsSpan(0, (int)Math.Min(Chunk, end - at)), at);
                RandomAccess.Write(to, buffer.AsSpan(0, read), at);
                at += read;
            }

            return buffer;
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MemfdCreate(string name, uint flags);

    // Negative (ENXIO) where nothing but a hole follows.
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
