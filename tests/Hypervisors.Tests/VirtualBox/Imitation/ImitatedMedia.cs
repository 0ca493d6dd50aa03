using System.Buffers.Binary;

namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>Disk files: a header as a VDI has it, so that the real size of what qemu-img wrote is read, too.</summary>
internal static class ImitatedMedia
{
    // VDI 1.1: signature at 0x40, size of the disk in bytes at 0x170.
    private const int SignatureAt = 0x40, SizeAt = 0x170, Header = 0x200;
    private const uint Signature = 0xBEDA107F;

    internal static void Create(string path, long mib)
    {
        var header = new byte[Header];
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(SignatureAt), Signature);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(SizeAt), mib << 20);
        File.WriteAllBytes(path, header);
    }

    /// <summary>MiB of a disk, or null where the file is none.</summary>
    internal static long? MiBOf(string path)
    {
        if (!File.Exists(path)) return null;
        var header = new byte[Header];
        using var file = File.OpenRead(path);
        if (file.ReadAtLeast(header, Header, throwOnEndOfStream: false) < Header || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(SignatureAt)) != Signature) return null;
        return BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(SizeAt)) >> 20;
    }

    internal static void Resize(string path, long mib)
    {
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, mib << 20);
        using var file = File.OpenWrite(path);
        file.Position = SizeAt;
        file.Write(size);
    }
}
