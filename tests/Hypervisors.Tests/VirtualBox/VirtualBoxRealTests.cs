using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>The real VBoxManage: everything that needs no machine to run.</summary>
public sealed class VirtualBoxRealTests(RealBox box) : IClassFixture<RealBox>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_machine_with_everything_is_made_changed_snapshotted_cloned_listed_and_deleted()
    {
        Assert.SkipUnless(box.Absent is null, box.Absent ?? "");
        var driver = box.NewDriver();
        var machine = new MachineDefinition
        {
            Id = "r1", Name = "real", MemoryMiB = 256, Cpus = 2, DiskGiB = 1, MacAddress = "52:54:00:12:00:01", Firmware = Firmware.Uefi,
            Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"),
            DataDisks = [new DataDisk(2)],
            Forwards = [new PortForward("tcp", "127.0.0.1", 12345, 22), new PortForward("udp", "127.0.0.1", 12345, 53)],
            Seed = new CloudInitSeed("i-1", "instance-id: i-1\n", "#cloud-config\n", ""),
            Options = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["videoMemoryMiB"] = "64", ["graphics3d"] = "true", ["clipboard"] = "bidirectional", ["dragAndDrop"] = "hosttoguest",
                ["privateNetwork"] = "lab", ["remoteDesktopPort"] = "12346", ["guestType"] = "Debian_64",
            },
        };
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        var info = (await driver.Machines.FindAsync("r1", Cancellation))!;
        (info.MemoryMiB, info.Cpus, info.Firmware, info.Power).ShouldBe((256, 2, Firmware.Uefi, ObservedPower.Off));
        info.Forwards.Order().ShouldBe(["w0,tcp,127.0.0.1,12345,,22", "w1,udp,127.0.0.1,12345,,53"]);
        (info.Text("macaddress1"), info.Text("accelerate3d"), info.Text("clipboard"), info.Text("draganddrop"), info.Text("vram"), info.Text("nic2"), info.Text("intnet2"), info.Text("vrde"))
            .ShouldBe(("525400120001", "on", "bidirectional", "hosttoguest", "64", "intnet", "lab", "on"));
        (Path.GetFileName(info.Medium(0)), Path.GetFileName(info.Medium(2)), Path.GetFileName(info.Medium(3))).ShouldBe(("disk.vdi", "seed.iso", "data0.vdi"));

        var plain = machine with { DiskGiB = 2, MemoryMiB = 512, Forwards = [], Firmware = Firmware.Bios, Options = new Dictionary<string, string>(StringComparer.Ordinal) };
        await driver.Resize!.ResizeAsync(plain, Cancellation);
        info = (await box.NewDriver().Machines.FindAsync("r1", Cancellation))!;
        (info.MemoryMiB, info.Firmware, info.Forwards.Count(), info.Text("nic2"), info.Text("vrde")).ShouldBe((512, Firmware.Bios, 0, "none", "off"));
        (await Should.ThrowAsync<HypervisorException>(() => driver.Resize.ResizeAsync(machine, Cancellation))).Message.ShouldStartWith("diskGiB cannot shrink: the disk has 2 GiB");

        await driver.Snapshots!.CreateAsync("r1", "s1", false, Cancellation);
        await driver.Clones!.CloneAsync("r1", plain with { Id = "r2", MacAddress = "52:54:00:12:00:02" }, new Progress<double>(), Cancellation);
        (await driver.ListAsync(Cancellation)).Select(m => m.MachineId).Order().ShouldBe(["r1", "r2"]);
        await driver.DeleteAsync("r1", Cancellation);
        (await driver.ObserveAsync("r2", Cancellation)).Power.ShouldBe(ObservedPower.Off);
        await driver.DeleteAsync("r2", Cancellation);
        Directory.EnumerateFileSystemEntries(Path.Combine(box.Folder, "host", "machines")).ShouldBeEmpty();
        foreach (var what in new[] { "vms", "hdds", "dvds" })
            (await box.Tool.RunAsync(["list", what], TimeSpan.FromSeconds(30))).Output.ShouldBeNullOrWhiteSpace(what);
    }
}
