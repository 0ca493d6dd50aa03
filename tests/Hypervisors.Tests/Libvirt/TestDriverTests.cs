using System.Runtime.InteropServices;
using Warren.Hypervisors;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Libvirt.Native;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Against the imitation inside the library itself (test:///default): no daemon, no guests, its real rules.</summary>
public sealed class TestDriverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Foreign_machines_networks_pools_and_failures_are_mapped()
    {
        Assert.SkipUnless(NativeLibrary.TryLoad(LibVirt.Library, out _), "libvirt0 is not installed: eng/install test");
        using var folder = new Scratch();
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["uri"] = "test:///default", ["accelerator"] = "tcg", ["poolPath"] = "/pool" };
        using var driver = (LibvirtHypervisor)HypervisorRegistration.Find("libvirt").Connect(new HostConnection { Host = "h", Folder = folder.Path, Settings = settings });

        (await driver.ListAsync(Cancellation)).ShouldContain(new FoundMachine("test", null, ObservedPower.On));
        (await driver.Networks!.ListAsync(Cancellation)).ShouldContain(n => n.Name == "default" && !n.Ours && n.Range == "192.168.122.0/24");
        (await driver.Storage!.ListAsync(Cancellation)).ShouldContain(p => p.Name == "default-pool" && !p.Ours);
        await KindAsync(HypervisorErrorKind.Rejected, driver.Networks.DeleteAsync("default", Cancellation));
        await KindAsync(HypervisorErrorKind.Rejected, driver.Networks.CreateAsync(new HostNetwork("default", NetworkMode.Isolated), Cancellation));
        await KindAsync(HypervisorErrorKind.Rejected, driver.Storage.DeleteAsync("default-pool", Cancellation));
        await KindAsync(HypervisorErrorKind.NotFound, driver.KillAsync("m1", Cancellation));

        var isolated = new HostNetwork("lab", NetworkMode.Isolated) { Range = "10.9.0.0/24" };
        for (var i = 0; i < 2; i++) await driver.Networks.CreateAsync(isolated, Cancellation);
        (await driver.Networks.ListAsync(Cancellation)).Single(n => n.Name == "lab").Ours.ShouldBeTrue();
        for (var i = 0; i < 2; i++) await driver.Networks.DeleteAsync("lab", Cancellation);

        (await driver.Adoption!.AdoptAsync("test", "mine", Cancellation)).Power.ShouldBe(ObservedPower.On);
        (await driver.ObserveAsync("mine", Cancellation)).Power.ShouldBe(ObservedPower.On);
        await driver.Power!.PauseAsync("mine", Cancellation);
        (await driver.ObserveAsync("mine", Cancellation)).Power.ShouldBe(ObservedPower.Paused);
        await driver.Power.ResumeAsync("mine", Cancellation);
        await driver.Snapshots!.CreateAsync("mine", "s1", memory: true, Cancellation);
        (await driver.Snapshots.ListAsync("mine", Cancellation)).Select(s => s.Id).ShouldBe(["s1"]);
        await driver.Snapshots.DeleteAsync("mine", "s1", Cancellation);
        await KindAsync(HypervisorErrorKind.Unsupported, driver.Screen!.OpenRfbAsync("mine", Cancellation));
        await driver.KillAsync("mine", Cancellation);
        (await driver.ObserveAsync("mine", Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }

    private static async Task KindAsync(HypervisorErrorKind kind, Task act) => (await Should.ThrowAsync<HypervisorException>(act)).Kind.ShouldBe(kind);

    private sealed class Scratch : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("wl").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
