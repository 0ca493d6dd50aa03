using System.Buffers.Binary;
using System.Text;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

/// <summary>
/// Files that would make QEMU open another file, take more than it is given, or that are not what they say. Each is refused by our own reading;
/// what may reach qemu-img (its own verdict is a part of ours) is named, and QEMU itself never sees any of them.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HostileImageTests : ImageTestBase
{
    private const int MiB = 1 << 20;

    /// <summary>What each case is, how it is made, what the refusal says, and whether qemu-img may be asked.</summary>
    private static readonly (string Name, Func<HostileImageTests, Task<byte[]>> Make, string Says, bool AsksQemuImg)[] s_cases =
    [
        ("a qcow2 on /etc/shadow", t => t.Qcow2Async("-u", "-b", "/etc/shadow", "-F", "raw"), "backing file", false),
        ("a qcow2 on a qcow2", t => t.Qcow2Async("-u", "-b", "other.qcow2", "-F", "qcow2"), "backing file", false),
        ("a qcow2 on an address", t => t.Qcow2Async("-u", "-b", "nbd://127.0.0.1:10809/x", "-F", "raw"), "backing file", false),
        ("a qcow2 on a JSON description", t => t.Qcow2Async("-u", "-b", "json:{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}", "-F", "raw"), "backing file", false),
        ("a qcow2 whose backing file has an empty name", t => t.PatchedAsync(8, 0, 0, 0, 0, 0, 0, 2, 0), "backing file", false),
        ("a qcow2 whose backing file's name is outside the file", t => t.PatchedAsync(8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "backing file", false),
        ("a qcow2 whose data are in another file", t => t.Qcow2Async("-o", "data_file=" + t.At("data")), "external", false),
        ("a qcow2 that names a data file without the feature", async t => Zero(await t.Qcow2Async("-o", "data_file=" + t.At("data2")), 72, 8), "external data file", false),
        ("an encrypted qcow2", t => t.PatchedAsync(32, 0, 0, 0, 1), "encrypted", false),
        ("a LUKS qcow2", t => t.PatchedAsync(32, 0, 0, 0, 2), "encrypted", false),
        ("qcow version 1", t => t.PatchedAsync(4, 0, 0, 0, 1), "version 1", false),
        ("qcow version 4", t => t.PatchedAsync(4, 0, 0, 0, 4), "version 4", false),
        ("clusters of a byte", t => t.PatchedAsync(20, 0, 0, 0, 0), "cluster_bits", false),
        ("clusters of 2 GiB", t => t.PatchedAsync(20, 0, 0, 0, 31), "cluster_bits", false),
        ("clusters by a shift that wraps", t => t.PatchedAsync(20, 0xff, 0xff, 0xff, 0xff), "cluster_bits", false),
        ("a disk of 8 EiB and more", t => t.PatchedAsync(24, 0xff, 0, 0, 0, 0, 0, 0, 0), "impossible size", false),
        ("a disk of 4 EiB", t => t.PatchedAsync(24, 0x40, 0, 0, 0, 0, 0, 0, 0), "large inside", false),
        ("a disk of 2 TiB in 200 KiB", t => t.Qcow2Async("2T"), "large inside", false),
        ("an L1 table of 2^31 entries", t => t.PatchedAsync(36, 0x7f, 0xff, 0xff, 0xff), "L1 table", false),
        ("an L1 table of 2^25 entries", t => t.PatchedAsync(36, 0x02, 0, 0, 0), "L1 table", false),
        ("an L1 table outside the file", t => t.PatchedAsync(40, 0, 0, 0, 0x10, 0, 0, 0, 0), "L1 table", false),
        ("an L1 table within a cluster", t => t.PatchedAsync(40, 0, 0, 0, 0, 0, 3, 0, 1), "L1 table", false),
        ("no refcount table", t => t.PatchedAsync(48, 0, 0, 0, 0, 0, 0, 0, 0), "refcount table", false),
        ("a refcount table outside the file", t => t.PatchedAsync(48, 0, 0, 1, 0, 0, 0, 0, 0), "refcount table", false),
        ("a refcount table of 2^32 clusters", t => t.PatchedAsync(56, 0xff, 0xff, 0xff, 0xff), "refcount table", false),
        ("internal snapshots without end", t => t.PatchedAsync(60, 0xff, 0xff, 0xff, 0xff), "snapshots", false),
        ("marked corrupt", t => t.PatchedAsync(72, 0, 0, 0, 0, 0, 0, 0, 2), "corrupt", false),
        ("features of the future", t => t.PatchedAsync(72, 1, 0, 0, 0, 0, 0, 0, 0), "unknown features", false),
        ("a header longer than a cluster", t => t.PatchedAsync(100, 0x7f, 0, 0, 0), "header length", false),
        ("a header extension without end", t => t.PatchedAsync(112, 0x11, 0x11, 0x11, 0x11, 0x7f, 0xff, 0xff, 0xff), "extension", false),
        ("a qcow2 of a header alone", async t => (await t.Qcow2Async())[..104], "L1 table", false),
        ("a qcow2 cut in the middle of its header", async t => (await t.Qcow2Async())[..50], "too short", false),
        ("tables that overlap", async t => Overlapping(await t.Qcow2Async("-o", "preallocation=metadata")), "damaged", true),
        ("a qcow2 that says it is raw", async t => await t.Qcow2Async(), "declared as raw", false),
        ("a raw disk that a qcow2 hides in", async t => Whole([.. new byte[512], .. await t.Qcow2Async()]), "partition table", false),
        ("a VMDK of extents elsewhere", _ => Text("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW 2048 FLAT \"/etc/shadow\" 0\n"), "VMware disk descriptor", false),
        ("a VMDK after white space", _ => Text("\n\n # Disk DescriptorFile\ncreateType=\"vmfsRaw\"\nRW 63 VMFSRDM \"/dev/sda\"\n"), "VMware disk descriptor", false),
        ("a sparse VMDK", t => t.OtherAsync("vmdk"), "VMDK", false),
        ("a VHDX", t => t.OtherAsync("vhdx"), "VHDX", false),
        ("a VHD, by its last sector", t => t.OtherAsync("vpc", "subformat=fixed,force_size=on"), "VHD", false),
        ("a VDI", t => t.OtherAsync("vdi"), "VDI", false),
        ("a QED on another file", t => t.OtherAsync("qed"), "QED", false),
        ("a sparse raw disk of 2 TiB", _ => Task.FromResult<byte[]>([]), "large inside", false),
        ("a bomb of zeros in gzip", async _ => await GzipAsync(64 * MiB), "gzip", false),
        ("an ISO that claims more than it has", _ => Iso(claimed: 50_000), "cut off", false),
        ("an ISO too small to boot", _ => Iso(claimed: 17, bytes: 36 << 10), "at least", false),
        ("an ISO of two block sizes", _ => Iso(claimed: 0xffffffff, block: 0xffff), "cut off", false),
        ("an ISO that is a qcow2 at its start", async t => Both(await t.Qcow2Async("-b", "/etc/passwd", "-F", "raw", "-u"), await Iso(claimed: 20)), "backing file", false),
        ("a program that is an ISO, too", async _ => Both("\u007fELF"u8.ToArray(), await Iso(claimed: 20)), "ELF", false),
        ("a zip that is an ISO, too", async _ => Both("PK\u0003\u0004"u8.ToArray(), await Iso(claimed: 20)), "zip", false),
        ("a page of HTML", _ => Text("<!doctype html><title>404</title>"), "HTML", false),
        ("a shell script", _ => Text("#!/bin/sh\nrm -rf /\n"), "text", false),
        ("nothing", _ => Task.FromResult(Array.Empty<byte>()), "empty", false),
    ];

    public static TheoryData<string> Names => [.. s_cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_refused_before_QEMU_sees_it(string name)
    {
        var (_, make, says, asks) = s_cases.Single(c => c.Name == name);
        var file = At("hostile");
        await File.WriteAllBytesAsync(file, await make(this));
        if (name.StartsWith("a sparse raw", StringComparison.Ordinal))
        {
            await using var sparse = File.OpenWrite(file);
            sparse.SetLength(2L << 40);
        }

        var declared = says.StartsWith("declared", StringComparison.Ordinal) || name.Contains("sparse raw", StringComparison.Ordinal) ? "raw" : null;
        var refusal = await Should.ThrowAsync<ImageException>(() => new ImageFormat(Runner, Options).InspectAsync(file, declared, TestContext.Current.CancellationToken));
        refusal.Message.ShouldContain(says, Case.Insensitive, name);
        refusal.Code.ShouldBeOneOf(ImageErrors.FormatRefused, ImageErrors.TooLarge);
        // The two sentences that only qemu-img's own verdict leads to.
        (refusal.Message.Contains("qemu-img cannot read", StringComparison.Ordinal) || refusal.Message.Contains("is damaged", StringComparison.Ordinal)).ShouldBe(asks, refusal.Message);
    }

    [Fact]
    public void There_are_at_least_forty() => s_cases.Select(c => c.Name).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThanOrEqualTo(40);

    private async Task<byte[]> Qcow2Async(params string[] more)
    {
        var file = At($"{Guid.NewGuid():N}.qcow2");
        var size = more is [var only] && only.EndsWith('T') ? only : "8M";
        await QemuImgAsync(["create", "-q", "-f", "qcow2", .. size == "8M" ? more : [], file, size]);
        return await File.ReadAllBytesAsync(file);
    }

    private async Task<byte[]> PatchedAsync(int offset, params byte[] bytes)
    {
        var image = await Qcow2Async();
        bytes.CopyTo(image, offset);
        return image;
    }

    private async Task<byte[]> OtherAsync(string format, string? how = null)
    {
        var file = At($"{Guid.NewGuid():N}.{format}");
        await QemuImgAsync(["create", "-q", "-f", format, .. how is null ? Array.Empty<string>() : ["-o", how], file, "8M"]);
        return await File.ReadAllBytesAsync(file);
    }

    /// <summary>The first data cluster is the L1 table's: what the guest writes to its disk would be tables.</summary>
    private static byte[] Overlapping(byte[] image)
    {
        var l1 = BinaryPrimitives.ReadInt64BigEndian(image.AsSpan(40));
        var l2 = BinaryPrimitives.ReadInt64BigEndian(image.AsSpan((int)l1)) & 0x00fffffffffffe00;
        BinaryPrimitives.WriteInt64BigEndian(image.AsSpan((int)l2), l1 | long.MinValue);
        return image;
    }

    private static byte[] Zero(byte[] image, int offset, int count)
    {
        image.AsSpan(offset, count).Clear();
        return image;
    }

    private static byte[] Both(byte[] start, byte[] whole)
    {
        start.AsSpan(0, Math.Min(start.Length, 32 << 10)).CopyTo(whole);
        return whole;
    }

    private static byte[] Whole(byte[] image) => [.. image, .. new byte[(512 - (image.Length % 512)) % 512]];

    private static Task<byte[]> Text(string text) => Task.FromResult(Encoding.UTF8.GetBytes(text));

    /// <summary>A primary volume descriptor and no more (ECMA-119, 8.4).</summary>
    private static Task<byte[]> Iso(uint claimed, ushort block = 2048, int bytes = 64 << 10)
    {
        var image = new byte[bytes];
        var descriptor = image.AsSpan(32768);
        descriptor[0] = 1;
        "CD001"u8.CopyTo(descriptor[1..]);
        BinaryPrimitives.WriteUInt32LittleEndian(descriptor[80..], claimed);
        BinaryPrimitives.WriteUInt16LittleEndian(descriptor[128..], block);
        return Task.FromResult(image);
    }

    private static async Task<byte[]> GzipAsync(int zeros)
    {
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest)) await gzip.WriteAsync(new byte[zeros]);
        return packed.ToArray();
    }
}
