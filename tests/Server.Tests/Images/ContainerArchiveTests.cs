using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class ContainerArchiveTests : ImageTestBase
{
    private static readonly byte[] Layer = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7))];

    private async Task<ImageInspection> InspectAsync(IEnumerable<TarEntry> entries, string? declared = "container")
    {
        await using (var file = File.Create(At("a")))
        await using (var archive = new TarWriter(file))
        {
            foreach (var entry in entries) await archive.WriteEntryAsync(entry);
        }

        return await new ImageFormat(Runner, Options).InspectAsync(At("a"), declared, default);
    }

    private async Task<string> RefusalAsync(IEnumerable<TarEntry> entries)
    {
        var failure = await Should.ThrowAsync<ImageException>(() => InspectAsync(entries));
        failure.Code.ShouldBe(ImageErrors.FormatRefused);
        return failure.Message;
    }

    private static PaxTarEntry FileOf(string name, byte[] content) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    private static List<TarEntry> Image(byte[]? layer = null, string architecture = "amd64", string layerName = "l1/layer.tar", int images = 1)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Layer));
        var configuration = JsonSerializer.SerializeToUtf8Bytes(new { architecture, os = "linux", rootfs = new { type = "layers", diff_ids = new[] { digest } } });
        var one = new { Config = "c.json", RepoTags = new[] { "a/b:1" }, Layers = new[] { layerName } };
        var manifest = JsonSerializer.SerializeToUtf8Bytes(Enumerable.Repeat(one, images));
        return [FileOf("l1/layer.tar", layer ?? Layer), FileOf("c.json", configuration), FileOf("manifest.json", manifest)];
    }

    [Theory]
    [InlineData(null)]
    [InlineData("container")]
    public async Task A_saved_image_is_taken(string? declared)
    {
        var found = await InspectAsync(Image(), declared);
        found.Format.ShouldBe("container");
        found.VirtualBytes.ShouldBe(Layer.Length);
    }

    [Fact]
    public async Task A_packed_layer_is_judged_by_what_is_in_it()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) await gzip.WriteAsync(Layer);
        (await InspectAsync(Image(packed.ToArray()))).VirtualBytes.ShouldBe(Layer.Length);
    }

    [Fact]
    public async Task A_layer_that_is_a_link_to_another_is_followed()
    {
        var entries = Image(layerName: "l2/layer.tar");
        entries.Insert(0, new PaxTarEntry(TarEntryType.SymbolicLink, "l2/layer.tar") { LinkName = "../l1/layer.tar" });
        (await InspectAsync(entries)).VirtualBytes.ShouldBe(Layer.Length);
    }

    [Fact]
    public async Task A_changed_layer_is_refused()
    {
        var changed = (byte[])Layer.Clone();
        changed[100] ^= 1;
        (await RefusalAsync(Image(changed))).ShouldContain("not what the configuration says");
    }

    [Fact]
    public async Task Another_processor_is_refused() => (await RefusalAsync(Image(architecture: "arm64"))).ShouldContain("arm64");

    [Fact]
    public async Task Two_images_in_one_archive_are_refused() => (await RefusalAsync(Image(images: 2))).ShouldContain("more than one");

    [Fact]
    public async Task A_missing_layer_is_refused() => (await RefusalAsync(Image(layerName: "gone/layer.tar"))).ShouldContain("missing");

    [Fact]
    public async Task Any_other_tar_archive_is_refused() => (await RefusalAsync([FileOf("etc/passwd", "root"u8.ToArray())])).ShouldContain("manifest.json");

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/evil")]
    public async Task An_entry_that_leads_out_is_refused(string name) =>
        (await RefusalAsync([FileOf(name, "x"u8.ToArray()), .. Image()])).ShouldContain("leads out");

    [Fact]
    public async Task A_device_is_refused() =>
        (await RefusalAsync([new PaxTarEntry(TarEntryType.CharacterDevice, "dev/kmem") { DeviceMajor = 1, DeviceMinor = 2 }, .. Image()])).ShouldContain("type");

    [Fact]
    public async Task Rubbish_after_the_mark_of_a_tar_archive_is_refused()
    {
        var rubbish = Bytes(4096);
        Encoding.ASCII.GetBytes("ustar").CopyTo(rubbish, 257);
        await File.WriteAllBytesAsync(At("a"), rubbish);
        (await Should.ThrowAsync<ImageException>(() => new ImageFormat(Runner, Options).InspectAsync(At("a"), null, default))).Code.ShouldBe(ImageErrors.FormatRefused);
    }
}
