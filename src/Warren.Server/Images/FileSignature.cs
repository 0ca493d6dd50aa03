using System.Text;

namespace Warren.Server.Images;

/// <summary>Tells from its first bytes what a file really is.</summary>
internal static class FileSignature
{
    /// <summary>Bytes needed from the start of the file.</summary>
    public const int HeadBytes = 64 << 10;

    private const int IsoDescriptor = 32768;

    private static readonly (int Offset, byte[] Magic, string Name)[] Others =
    [
        (0, "KDMV"u8.ToArray(), "a VMware disk (VMDK)"),
        (0, "COWD"u8.ToArray(), "a VMware disk (VMDK)"),
        (0, "vhdxfile"u8.ToArray(), "a Hyper-V disk (VHDX)"),
        (0, "conectix"u8.ToArray(), "a Hyper-V disk (VHD)"),
        (64, [0x7f, 0x10, 0xda, 0xbe], "a VirtualBox disk (VDI)"),
        (0, "QED\0"u8.ToArray(), "a QED disk"),
        (0, "LUKS"u8.ToArray(), "an encrypted disk (LUKS)"),
        (0, [0x1f, 0x8b], "gzip-compressed"),
        (0, [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0], "xz-compressed"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "zstd-compressed"),
        (0, "BZh"u8.ToArray(), "bzip2-compressed"),
        (0, "PK\x03\x04"u8.ToArray(), "a zip archive"),
        (0, [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive"),
        (0, "!<arch>\n"u8.ToArray(), "a Debian package or ar archive"),
        (0, [0x7f, (byte)'E', (byte)'L', (byte)'F'], "an ELF program"),
        (0, "hsqs"u8.ToArray(), "a squashfs file system"),
        (0, "%PDF"u8.ToArray(), "a PDF document"),
        (0, [0x89, (byte)'P', (byte)'N', (byte)'G'], "a picture"),
    ];

    /// <summary>A VHD keeps its cookie in the last 512 bytes.</summary>
    public static bool IsVhdFooter(ReadOnlySpan<byte> tail) => tail.StartsWith("conectix"u8);

    public static bool IsIso(ReadOnlySpan<byte> head) => head.Length > IsoDescriptor + 6 && head.Slice(IsoDescriptor + 1, 5).SequenceEqual("CD001"u8);

    /// <summary>POSIX ustar and GNU tar have the same five letters (POSIX.1-1988, tar header, magic).</summary>
    public static bool IsTar(ReadOnlySpan<byte> head) => head.Length > 262 && head.Slice(257, 5).SequenceEqual("ustar"u8);

    /// <summary>Bytes the ISO's primary volume descriptor claims (ECMA-119 section 8.4: size in blocks at 80, block size at 128), or null.</summary>
    public static long? IsoBytes(ReadOnlySpan<byte> head)
    {
        var descriptor = head[IsoDescriptor..];
        if (descriptor.Length < 132 || descriptor[0] != 1) return null;
        return (long)BitConverter.ToUInt32(descriptor[80..]) * BitConverter.ToUInt16(descriptor[128..]);
    }

    /// <summary>Whether there is a partition table: GPT for 512 or 4096 byte sectors, or an MBR that makes sense.</summary>
    public static bool IsPartitioned(ReadOnlySpan<byte> head)
    {
        if (head.Length < 4608) return false;
        if (head.Slice(512, 8).SequenceEqual("EFI PART"u8) || head.Slice(4096, 8).SequenceEqual("EFI PART"u8)) return true;
        if (head[510] != 0x55 || head[511] != 0xAA) return false;
        var used = false;
        for (var at = 446; at < 510; at += 16)
        {
            if (head[at] is not (0 or 0x80)) return false;
            used |= head[at + 4] != 0;
        }

        return used;
    }

    /// <summary>What the file is if it is something else than a disk or an ISO, for a sentence that begins with "it is"; null when unknown.</summary>
    public static string? DescribeOther(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty) return "empty";
        foreach (var (offset, magic, name) in Others)
            if (head.Length >= offset + magic.Length && head.Slice(offset, magic.Length).SequenceEqual(magic)) return name;
        return DescribeText(head);
    }

    private static string? DescribeText(ReadOnlySpan<byte> head)
    {
        var sample = head[..Math.Min(head.Length, 4096)];
        if (sample.Contains((byte)0)) return null;
        var text = Encoding.UTF8.GetString(sample).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)) return "an HTML page";
        if (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return "an XML document";
        if (text.StartsWith("# Disk DescriptorFile", StringComparison.Ordinal)) return "a VMware disk descriptor, which points to other files";
        return text.Any(c => char.IsControl(c) && c is not ('\r' or '\n' or '\t' or '\f' or '\x1b')) ? null : "a text file";
    }
}
