using System.Security.Cryptography;
using EndToEnd.Tests.Running;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>A machine that boots from an ISO, by either firmware: what it writes to its serial line and shows on its screen.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class IsoTests(LifecycleBed bed)
{
    /// <summary>Says which platform GRUB was started on, on both consoles, and stays.</summary>
    private const string Grub =
        """
        serial --unit=0 --speed=115200
        terminal_output console serial
        set color_normal=yellow/blue
        echo "iso runs on $grub_platform"
        while true; do sleep 1000; done
        """;

    [Theory]
    [InlineData("bios", "iso runs on pc")]
    [InlineData("uefi", "iso runs on efi")]
    public async Task An_ISO_boots_and_shows_its_screen(string firmware, string line)
    {
        await ImportAsync();
        var name = "iso-" + firmware;
        await bed.Bed.Warren.RunAsync("launch", "grub", "--name", name, "--firmware", firmware, "--memory", "512M", "--cpus", "1", "--disk", "none");
        await bed.Bed.Warren.RunAsync("wait", name, "--for", "firmware");
        await Eventually.TrueAsync("GRUB says where it is", async () => (await bed.Bed.Warren.RunAsync("logs", name)).Contains(line, StringComparison.Ordinal));
        await using (var screen = await Screen.OpenAsync(bed.Bed.Server, name)) (await screen.ColoursAsync()).ShouldBeGreaterThan(1, "a blank screen has one");
        (await bed.Bed.InfoAsync(name)).Spec.DiskGiB.ShouldBe(0);
        await bed.Bed.Warren.RunAsync("delete", name);
    }

    private async Task ImportAsync()
    {
        var iso = Path.Combine(bed.Bed.Data, "grub.iso");
        if (File.Exists(iso)) return;
        var tree = Directory.CreateDirectory(Path.Combine(bed.Bed.Data, "tree", "boot", "grub")).FullName;
        await File.WriteAllTextAsync(Path.Combine(tree, "grub.cfg"), Grub);
        await new CommandRunner().RequireAsync(new Command("grub-mkrescue", "-o", iso, Path.Combine(bed.Bed.Data, "tree")) { Timeout = TimeSpan.FromMinutes(2) });
        var checksum = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(iso)));
        await bed.Bed.Warren.RunAsync("images", "import", iso, "--name", "grub", "--checksum", "sha256:" + checksum);
    }
}
