using System.Buffers.Binary;
using System.Text;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// An empty qcow2 file upon a layer, laid out as <c>qemu-img create -u -b</c> lays it out (QEMU docs/interop/qcow2.txt): clusters of 64 KiB, of
/// which the first is the header, then the table of refcount blocks, one such block, and the table of what is written, with nothing in it.
/// Written here because a process for each takes longer than all else that a machine's fork waits for on disk.
/// </summary>
internal static class Qcow2Overlay
{
    private const int Cluster = 1 << ClusterBits, ClusterBits = 16;

    /// <summary>Bytes of a guest's disk behind one entry of the last table: a cluster of entries of 8 bytes, each for a cluster.</summary>
    private const long PerEntry = Cluster / 8L * Cluster;

    private const int HeaderLength = 112, NameOffset = HeaderLength + 24, LongestName = 1023;

    private const uint Magic = 0x514649FB, BackingFormat = 0xE2792ACA;

    /// <summary>Makes a file, in the place of one that is there, such an overlay. The layer is not opened: a QEMU may be writing to it.</summary>
    /// <param name="path">The file. Under this name it is always whole.</param>
    /// <param name="layer">What it lies upon, a qcow2 file.</param>
    /// <param name="bytes">What a guest sees; a multiple of 512.</param>
    /// <exception cref="HypervisorException">Rejected when the layer's name is too long for a header, or the size none that a disk has.</exception>
    internal static void Make(string path, string layer, long bytes)
    {
        var name = Encoding.UTF8.GetBytes(layer);
        if (name.Length > LongestName || bytes <= 0 || bytes % 512 != 0)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"{Path.GetFileName(path)} cannot lie upon {Path.GetFileName(layer)}: a name of {name.Length} bytes, a disk of {bytes}");
        var file = Bytes(name, bytes);
        File.Delete(path + ".new");
        try
        {
            using (var made = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly.File, BufferSize = 0 }))
                made.Write(file);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch
        {
            // What is half made would go on naming a layer.
            File.Delete(path + ".new");
            throw;
        }
    }

    private static byte[] Bytes(ReadOnlySpan<byte> name, long bytes)
    {
        var entries = (int)((bytes + PerEntry - 1) / PerEntry);
        var file = new byte[(3 * Cluster) + (entries * 8)];
        Int(0, Magic);
        Int(4, 3);
        Long(8, NameOffset);
        Int(16, (uint)name.Length);
        Int(20, ClusterBits);
        Long(24, bytes);
        Int(36, (uint)entries);
        Long(40, 3 * Cluster);
        Long(48, Cluster);
        Int(56, 1);
        // Refcounts of 2^4 bits.
        Int(96, 4);
        Int(100, HeaderLength);
        Int(HeaderLength, BackingFormat);
        Int(HeaderLength + 4, 5);
        "qcow2"u8.CopyTo(file.AsSpan(HeaderLength + 8));
        name.CopyTo(file.AsSpan(NameOffset));
        Long(Cluster, 2 * Cluster);
        for (var used = 0; used * (long)Cluster < file.Length; used++) BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan((2 * Cluster) + (used * 2)), 1);
        return file;

        void Int(int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(offset), value);
        void Long(int offset, long value) => BinaryPrimitives.WriteInt64BigEndian(file.AsSpan(offset), value);
    }
}
