using System.Text;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>Data disks as the guest sees them, and what stays of them.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class DiskTests(LifecycleBed bed)
{
    private const string Write = "printf kept | dd of=/dev/vdb conv=fsync 2>/dev/null; head -c 4 /dev/vdb";
    private const string Read = "head -c 4 /dev/vdb | tr '\\0' 0";

    [Theory]
    [Trait("Length", "long")]
    [InlineData(false, "kept")]
    [InlineData(true, "0000")]
    public async Task A_data_disk_is_there_and_keeps_what_it_should(bool ephemeral, string afterwards)
    {
        var name = ephemeral ? "eph" : "per";
        await bed.LaunchAsync(name, [.. ephemeral ? ["--ephemeral"] : Array.Empty<string>(), "--data-disk", "1G"]);
        (await bed.Bed.SshAsync(name, "cat /sys/block/vdb/size")).ShouldBe($"{1L << 30 >> 9}");
        (await bed.Bed.SshAsync(name, Write)).ShouldBe("kept");
        await bed.StopAndStartAsync(name);
        (await bed.Bed.SshAsync(name, Read)).ShouldBe(afterwards);
        await bed.Bed.Warren.RunAsync("delete", name);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task An_existing_disk_is_attached_and_outlives_the_machine()
    {
        var (raw, disk) = (Path.Combine(bed.DiskFolder, "mine.raw"), Path.Combine(bed.DiskFolder, "mine.qcow2"));
        await File.WriteAllBytesAsync(raw, [.. "mine"u8, .. new byte[(1 << 20) - 4]]);
        await new CommandRunner().RequireAsync(new Command("qemu-img", "convert", "-q", "-f", "raw", "-O", "qcow2", raw, disk));
        await bed.LaunchAsync("att", "--data-disk", disk);
        (await bed.Bed.SshAsync("att", Read)).ShouldBe("mine");
        (await bed.Bed.SshAsync("att", Write)).ShouldBe("kept");
        await bed.Bed.Warren.RunAsync("delete", "att");
        await new CommandRunner().RequireAsync(new Command("qemu-img", "convert", "-q", "-f", "qcow2", "-O", "raw", disk, raw));
        Encoding.ASCII.GetString(await File.ReadAllBytesAsync(raw), 0, 4).ShouldBe("kept");
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("{0}/../outside.qcow2")]
    [InlineData("{0}/link.qcow2")]
    public async Task A_disk_outside_the_allowed_folders_is_refused_and_leaves_nothing(string pattern)
    {
        var outside = Path.Combine(bed.Bed.Data, "outside.qcow2");
        if (!File.Exists(outside)) await new CommandRunner().RequireAsync(new Command("qemu-img", "create", "-q", "-f", "qcow2", outside, "1M"));
        var link = Path.Combine(bed.DiskFolder, "link.qcow2");
        if (!File.Exists(link)) File.CreateSymbolicLink(link, outside);

        var refused = await bed.Bed.Warren.TryAsync("launch", "tiny", "--name", "bad", "--data-disk", string.Format(null, pattern, bed.DiskFolder));
        refused.ExitCode.ShouldBe(2, refused.Error);
        refused.Error.ShouldContain("Machines:DiskFolders");
        (await bed.Bed.Warren.TryAsync("info", "bad")).ExitCode.ShouldBe(3);
    }
}
