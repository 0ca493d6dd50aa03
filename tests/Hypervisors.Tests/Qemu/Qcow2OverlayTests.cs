using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu.Snapshots;

namespace Hypervisors.Tests.Qemu;

/// <summary>Overlays that are written here, as the installed qemu-img reads them.</summary>
public sealed class Qcow2OverlayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(512)]
    [InlineData(512L << 20)]
    [InlineData((512L << 20) + 512)]
    [InlineData(5L << 30)]
    [InlineData(64L << 40)]
    public async Task An_overlay_is_what_qemu_img_makes(long bytes)
    {
        var (ours, theirs, layer) = (Path.Combine(_folder, "ours.qcow2"), Path.Combine(_folder, "theirs.qcow2"), Path.Combine(_folder, "läyer: a,b.qcow2"));
        await ImgAsync("create", "-q", "-f", "qcow2", layer, $"{bytes}");
        Qcow2Overlay.Make(ours, layer, bytes);
        await ImgAsync("create", "-q", "-f", "qcow2", "-u", "-b", layer, "-F", "qcow2", theirs, $"{bytes}");
        var (one, other) = (await InfoAsync(ours), await InfoAsync(theirs));
        foreach (var key in new[] { "virtual-size", "cluster-size", "format", "full-backing-filename", "backing-filename", "backing-filename-format", "format-specific", "dirty-flag" })
            one[key]!.ToJsonString().ShouldBe(other[key]!.ToJsonString(), key);
        (Qcow2Header.BackingOf(ours), Qcow2Header.SizeOf(ours), new FileInfo(ours).Length).ShouldBe((layer, bytes, new FileInfo(theirs).Length));
        File.GetUnixFileMode(ours).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        // It says of clusters that are lost, too.
        (await ImgAsync("check", "-f", "qcow2", ours)).ShouldContain("No errors were found");
        Directory.GetFiles(_folder, "*.new").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_written_to_it_is_there_and_the_layer_keeps_what_it_had()
    {
        var (overlay, layer) = (Path.Combine(_folder, "o.qcow2"), Path.Combine(_folder, "l.qcow2"));
        await ImgAsync("create", "-q", "-f", "qcow2", layer, "2G");
        await IoAsync(layer, "write -P 1 0 1M", "write -P 1 1500M 1M");
        await File.WriteAllTextAsync(overlay, "what was there before", Cancellation);
        Qcow2Overlay.Make(overlay, layer, 3L << 30);
        await IoAsync(overlay, "read -P 1 0 1M", "write -P 2 64k 64k", "write -P 2 1501M 1M", "write -P 2 2900M 1M");
        await IoAsync(overlay, "read -P 1 0 64k", "read -P 2 64k 64k", "read -P 1 128k 64k", "read -P 1 1500M 1M", "read -P 2 1501M 1M", "read -P 0 2000M 1M", "read -P 2 2900M 1M");
        await IoAsync(layer, "read -P 1 0 1M", "read -P 1 1500M 1M", "read -P 0 1501M 1M");
        (await ImgAsync("check", "-f", "qcow2", overlay)).ShouldContain("No errors were found");
    }

    [Fact]
    public void What_cannot_be_an_overlay_is_refused_and_what_was_there_stays()
    {
        var path = Path.Combine(_folder, "o.qcow2");
        File.WriteAllText(path, "before");
        foreach (var (layer, bytes) in new[] { ("/" + new string('a', 1023), 512L), ("/l", 0), ("/l", 513) })
            Should.Throw<HypervisorException>(() => Qcow2Overlay.Make(path, layer, bytes)).Kind.ShouldBe(HypervisorErrorKind.Rejected);
        File.ReadAllText(path).ShouldBe("before");
    }

    private static async Task<string> ImgAsync(params string[] arguments) => await new CommandRunner().RequireAsync(new Command("qemu-img", arguments), Cancellation);

    private static async Task<JsonNode> InfoAsync(string path) => JsonNode.Parse(await ImgAsync("info", "--output=json", "-f", "qcow2", path))!;

    private static async Task IoAsync(string path, params string[] commands)
    {
        var said = await new CommandRunner().RequireAsync(new Command("qemu-io", ["-f", "qcow2", .. commands.SelectMany(c => new[] { "-c", c }), path]), Cancellation);
        said.ShouldNotContain("failed");
    }
}
