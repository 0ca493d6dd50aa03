using System.Buffers.Binary;
using System.Text;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>What a qcow2 file lies upon, read from its header (QEMU docs/interop/qcow2.txt): bytes 8-15 offset and 16-19 length of the name.</summary>
internal static class Qcow2Backing
{
    private const int LongestName = 1023;

    /// <summary>The backing file's name as the header has it; null when there is none, or no such file, or it is no qcow2.</summary>
    internal static string? Of(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            Span<byte> head = stackalloc byte[20];
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.StartsWith("QFI"u8)) return null;
            var (offset, length) = (BinaryPrimitives.ReadInt64BigEndian(head[8..]), BinaryPrimitives.ReadInt32BigEndian(head[16..]));
            if (offset <= 0 || length is <= 0 or > LongestName) return null;
            file.Position = offset;
            var name = new byte[length];
            return file.ReadAtLeast(name, length, throwOnEndOfStream: false) == length ? Encoding.UTF8.GetString(name) : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
