using System.Buffers.Binary;
using System.Text;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// What the header of a qcow2 file says (QEMU docs/interop/qcow2.txt): bytes 8-15 offset and 16-19 length of the name of what it lies
/// upon, 24-31 its virtual size. Read here because a process for each look costs more than all else that a fork does on disk.
/// </summary>
internal static class Qcow2Header
{
    private const int Length = 32;

    private const int LongestName = 1023;

    /// <summary>The backing file's name as the header has it; null when there is none, or no such file, or it is no qcow2.</summary>
    internal static string? BackingOf(string path)
    {
        Span<byte> head = stackalloc byte[Length];
        using var file = Open(path, head);
        if (file is null) return null;
        var (offset, length) = (BinaryPrimitives.ReadInt64BigEndian(head[8..]), BinaryPrimitives.ReadInt32BigEndian(head[16..]));
        if (offset <= 0 || length is <= 0 or > LongestName) return null;
        file.Position = offset;
        var name = new byte[length];
        return file.ReadAtLeast(name, length, throwOnEndOfStream: false) == length ? Encoding.UTF8.GetString(name) : null;
    }

    /// <summary>Bytes that a guest sees.</summary>
    /// <exception cref="HypervisorException">Rejected when it is no qcow2 file.</exception>
    internal static long SizeOf(string path)
    {
        Span<byte> head = stackalloc byte[Length];
        using var file = Open(path, head) ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"{Path.GetFileName(path)} is gone, or no qcow2 file");
        return BinaryPrimitives.ReadInt64BigEndian(head[24..]);
    }

    private static FileStream? Open(string path, Span<byte> head)
    {
        try
        {
            // Looked for under a lock that all machines wait for: what is no file must not hold it up.
            if (FileOwner.OpenFile(path, FileAccess.Read) is not { } opened) return null;
            var file = new FileStream(opened, FileAccess.Read, 1);
            if (file.ReadAtLeast(head, Length, throwOnEndOfStream: false) == Length && head.StartsWith("QFI"u8)) return file;
            file.Dispose();
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
