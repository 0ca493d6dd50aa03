using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class ImageFormatTests : ImageTestBase
{
    private Task<ImageInspection> Inspect(string name, string? declared = null) => new ImageFormat(Runner, Options).InspectAsync(At(name), declared, default);

    private async Task<string> Refusal(string name, string? declared = null)
    {
        var failure = await Should.ThrowAsync<ImageException>(() => Inspect(name, declared));
        failure.Code.ShouldBe(ImageErrors.FormatRefused);
        return failure.Message;
    }

    private async Task Qcow2(string name, params string[] more) => await QemuImgAsync(["create", "-q", "-f", "qcow2", .. more, At(name), "8M"]);

    private async Task Patch(string name, int offset, params byte[] bytes)
    {
        await using var file = File.OpenWrite(At(name));
        file.Position = offset;
        await file.WriteAsync(bytes);
    }

    [Theory]
    [InlineData("compat=1.1")]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1,cluster_size=512")]
    [InlineData("compat=1.1,extended_l2=on,cluster_size=128k")]
    public async Task A_qcow2_of_qemu_img_is_taken(string how)
    {
        await Qcow2("a", "-o", how);
        var found = await Inspect("a");
        found.Format.ShouldBe("qcow2");
        found.VirtualBytes.ShouldBe(8 << 20);
        found.FileBytes.ShouldBe(new FileInfo(At("a")).Length);
    }

    [Fact]
    public async Task A_backing_file_is_refused_before_qemu_sees_it()
    {
        await Qcow2("a", "-u", "-b", "/etc/passwd", "-F", "raw");
        var message = await Refusal("a");
        message.ShouldContain("backing file");
        message.ShouldContain("/etc/passwd");
    }

    [Fact]
    public async Task An_external_data_file_is_refused()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", $"data_file={At("data")}", At("a"), "8M");
        (await Refusal("a")).ShouldContain("external");
        // The name alone, without the feature bit.
        await Patch("a", 72, new byte[8]);
        (await Refusal("a")).ShouldContain("external data file");
    }

    [Theory]
    [InlineData(4, 0, 0, 0, 9, "version 9")]
    [InlineData(20, 0, 0, 0, 40, "cluster_bits")]
    [InlineData(32, 0, 0, 0, 1, "encrypted")]
    [InlineData(76, 0, 0, 0, 2, "corrupt")]
    [InlineData(72, 0x80, 0, 0, 0, "unknown features")]
    [InlineData(100, 0xff, 0xff, 0xff, 0xff, "header length")]
    [InlineData(44, 0xff, 0, 0, 0, "L1 table")]
    [InlineData(108, 0xff, 0xff, 0xff, 0xff, "header extension")]
    public async Task A_hostile_header_is_refused(int offset, byte a, byte b, byte c, byte d, string rule)
    {
        await Qcow2("a");
        if (offset == 108) await Patch("a", 100, 0, 0, 0, 104, 0, 0, 0, 1);
        await Patch("a", offset, a, b, c, d);
        (await Refusal("a")).ShouldContain(rule);
    }

    [Fact]
    public async Task A_qcow2_cut_off_is_refused()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", "preallocation=full", At("a"), "8M");
        await using (var file = File.OpenWrite(At("a"))) file.SetLength(1 << 20);
        await Refusal("a");
    }

    [Fact]
    public async Task An_enormous_virtual_disk_is_refused()
    {
        await Qcow2("a");
        var size = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(size, 1L << 50);
        await Patch("a", 24, size);
        (await Should.ThrowAsync<ImageException>(() => Inspect("a"))).Code.ShouldBe(ImageErrors.TooLarge);
    }

    [Fact]
    public async Task An_iso_made_by_xorriso_is_taken_and_a_piece_of_it_is_not()
    {
        Directory.CreateDirectory(At("tree"));
        await File.WriteAllBytesAsync(At("tree/a"), Bytes(100_000));
        await Runner.RequireAsync(new("xorriso", "-as", "mkisofs", "-quiet", "-o", At("a.iso"), At("tree")));
        (await Inspect("a.iso", "iso")).Format.ShouldBe("iso");
        await using (var file = File.OpenWrite(At("a.iso"))) file.SetLength(90_000);
        (await Refusal("a.iso")).ShouldContain("cut off");
    }

    [Fact]
    public async Task An_iso_too_small_to_boot_is_refused()
    {
        var stub = new byte[36 << 10];
        "\u0001CD001"u8.CopyTo(stub.AsSpan(32768));
        await File.WriteAllBytesAsync(At("a"), stub);
        (await Refusal("a")).ShouldContain("at least");
    }

    [Fact]
    public async Task An_html_page_served_as_iso_is_called_what_it_is()
    {
        await File.WriteAllTextAsync(At("a.iso"), "\r\n<!DOCTYPE html><html><body>Please log in</body></html>");
        (await Refusal("a.iso", "iso")).ShouldContain("an HTML page");
    }

    [Fact]
    public async Task Other_things_are_called_what_they_are()
    {
        await using (var gzip = new GZipStream(File.Create(At("gz")), CompressionLevel.Fastest)) await gzip.WriteAsync(Bytes(4096));
        (await Refusal("gz")).ShouldContain("gzip-compressed; unpack it first");
        await QemuImgAsync("create", "-q", "-f", "vmdk", At("vmdk"), "8M");
        (await Refusal("vmdk")).ShouldContain("VMDK");
        await QemuImgAsync("create", "-q", "-f", "vdi", At("vdi"), "8M");
        (await Refusal("vdi")).ShouldContain("VDI");
        await QemuImgAsync("create", "-q", "-f", "vhdx", At("vhdx"), "8M");
        (await Refusal("vhdx")).ShouldContain("VHDX");
        await QemuImgAsync("create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on", At("vhd"), "8M");
        (await Refusal("vhd")).ShouldContain("VHD");
        foreach (var (text, name) in new[] { ("<?xml version='1.0'?><a/>", "XML"), ("hello\n", "text file"), ("", "empty"), ("# Disk DescriptorFile\nRW 1 FLAT \"/etc/passwd\" 0\n", "descriptor") })
        {
            await File.WriteAllTextAsync(At("t"), text);
            (await Refusal("t")).ShouldContain(name);
        }
    }

    [Fact]
    public async Task A_raw_disk_needs_a_partition_table_or_to_be_declared()
    {
        await File.WriteAllBytesAsync(At("a"), Bytes(1 << 20));
        await Patch("a", 0, 0xeb);
        await Patch("a", 510, 0, 0);
        (await Refusal("a")).ShouldContain("say so: format raw");
        (await Inspect("a", "raw")).Format.ShouldBe("raw");
        await Runner.RequireAsync(new("sfdisk", "-q", At("a")) { Input = "label: gpt\n;\n" });
        (await Inspect("a")).ShouldBe(new ImageInspection("raw", 1 << 20, 1 << 20));
    }

    [Fact]
    public async Task A_raw_disk_that_hides_a_qcow2_is_not_raw()
    {
        await Qcow2("a", "-u", "-b", "/etc/passwd", "-F", "raw");
        (await Refusal("a", "raw")).ShouldContain("is qcow2");
        await File.WriteAllBytesAsync(At("b"), Encoding.ASCII.GetBytes(new string('\x01', 513)));
        (await Refusal("b", "raw")).ShouldContain("multiple of 512");
    }
}
