using System.Buffers.Binary;
using System.Text;

namespace Warren.Server.Images;

/// <summary>
/// The header of a qcow2 file, read by our own code before QEMU sees the file: a backing or data file named in it would make QEMU
/// open any file of the host. Layout: QEMU docs/interop/qcow2.txt.
/// </summary>
/// <param name="Version">2 or 3.</param>
/// <param name="VirtualBytes">Size of the disk the guest sees.</param>
/// <param name="ClusterBits">Cluster size as a power of two.</param>
internal sealed record Qcow2Header(int Version, long VirtualBytes, int ClusterBits)
{
    /// <summary>Bytes needed from the start of the file: the header area ends at the first cluster, which is at most 2 MiB.</summary>
    public const int MaximumHeaderBytes = 2 << 20;

    private const uint ExternalDataFile = 0x44415441;
    private const uint FullDiskEncryption = 0x0537be77;
    private const ulong LargestL1Bytes = 32 << 20, LargestRefcountBytes = 8 << 20;
    private const uint MostSnapshots = 65536;
    private const ulong Dirty = 1, Corrupt = 2, DataFile = 4, Compression = 8, ExtendedL2 = 16;

    public static bool IsMagic(ReadOnlySpan<byte> head) => head.StartsWith("QFI"u8) && head.Length > 3 && head[3] == 0xfb;

    /// <summary>Reads and judges the header.</summary>
    /// <param name="head">The file's first bytes, up to <see cref="MaximumHeaderBytes"/>.</param>
    /// <param name="fileBytes">Size of the file.</param>
    /// <exception cref="ImageException">The header is broken or asks for something that is not taken; the message says what.</exception>
    public static Qcow2Header Read(ReadOnlySpan<byte> head, long fileBytes)
    {
        if (head.Length < 72) throw Refuse("is too short for its header");
        var version = U32(head, 4);
        if (version is not (2 or 3)) throw Refuse($"has version {version}; 2 and 3 are taken");
        var backing = U64(head, 8);
        if (backing != 0) throw Refuse($"names a backing file{BackingName(head, backing)}; only images that stand alone are taken (flatten it with qemu-img convert)");
        var clusterBits = U32(head, 20);
        if (clusterBits is < 9 or > 21) throw Refuse($"has cluster_bits {clusterBits}; 9 to 21 are allowed");
        if (U32(head, 32) != 0) throw Refuse("is encrypted");
        var size = U64(head, 24);
        if (size > long.MaxValue) throw Refuse("claims an impossible size");
        CheckTables(head, fileBytes, (int)clusterBits);
        var headerLength = 72u;
        if (version == 3)
        {
            if (head.Length < 104) throw Refuse("is too short for its header");
            headerLength = U32(head, 100);
            CheckFeatures(U64(head, 72));
            if (headerLength < 104 || headerLength > 1u << (int)clusterBits) throw Refuse($"has a header length of {headerLength}");
        }

        CheckExtensions(head[..(int)Math.Min(head.Length, 1L << (int)clusterBits)], (int)headerLength);
        return new Qcow2Header((int)version, (long)size, (int)clusterBits);
    }

    /// <summary>Tables that lie in the file, whole, and are no larger than what QEMU itself takes (block/qcow2.h).</summary>
    private static void CheckTables(ReadOnlySpan<byte> head, long fileBytes, int clusterBits)
    {
        var (cluster, file) = (1UL << clusterBits, (ulong)fileBytes);
        var (l1Entries, l1) = (U32(head, 36), U64(head, 40));
        if (l1Entries * 8UL > LargestL1Bytes || l1 % cluster != 0 || !Fits(l1, l1Entries * 8UL, file)) throw Refuse("has its L1 table outside the file, or of an impossible size: it is cut off or broken");
        var (refcounts, refcountClusters) = (U64(head, 48), U32(head, 56));
        if (refcounts == 0 || refcounts % cluster != 0 || refcountClusters * cluster > LargestRefcountBytes + cluster || !Fits(refcounts, refcountClusters * cluster, file))
            throw Refuse("has its refcount table outside the file, or of an impossible size: it is cut off or broken");
        var snapshots = U32(head, 60);
        if (snapshots > MostSnapshots || (snapshots > 0 && !Fits(U64(head, 64), snapshots * 40UL, file))) throw Refuse($"claims {snapshots} snapshots, which are not in it");
    }

    private static bool Fits(ulong offset, ulong bytes, ulong file) => offset <= file && bytes <= file - offset;

    private static void CheckFeatures(ulong incompatible)
    {
        if ((incompatible & DataFile) != 0) throw Refuse("keeps its data in an external file; only images that stand alone are taken");
        if ((incompatible & Corrupt) != 0) throw Refuse("is marked corrupt");
        if ((incompatible & ~(Dirty | Corrupt | DataFile | Compression | ExtendedL2)) != 0) throw Refuse($"needs unknown features (0x{incompatible:x})");
    }

    private static void CheckExtensions(ReadOnlySpan<byte> head, int offset)
    {
        while (offset + 8 <= head.Length)
        {
            var (type, length) = (U32(head, offset), U32(head, offset + 4));
            if (type == 0) return;
            if (type == ExternalDataFile) throw Refuse("names an external data file; only images that stand alone are taken");
            if (type == FullDiskEncryption) throw Refuse("is encrypted");
            if (length > head.Length - offset - 8) throw Refuse("has a header extension that runs out of its first cluster");
            offset += 8 + (int)((length + 7) & ~7u);
        }
    }

    private static string BackingName(ReadOnlySpan<byte> head, ulong offset)
    {
        var length = Math.Min(U32(head, 16), 1023);
        if (offset + length > (ulong)head.Length || length == 0) return "";
        var name = Encoding.UTF8.GetString(head.Slice((int)offset, (int)length));
        return $" ({new string([.. name.Where(c => !char.IsControl(c)).Take(200)])})";
    }

    private static uint U32(ReadOnlySpan<byte> head, int at) => BinaryPrimitives.ReadUInt32BigEndian(head[at..]);

    private static ulong U64(ReadOnlySpan<byte> head, int at) => BinaryPrimitives.ReadUInt64BigEndian(head[at..]);

    private static ImageException Refuse(string what) => new(ImageErrors.FormatRefused, $"the qcow2 image {what}");
}
