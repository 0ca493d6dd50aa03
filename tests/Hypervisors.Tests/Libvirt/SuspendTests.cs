using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Libvirt;

namespace Hypervisors.Tests.Libvirt;

/// <summary>What libvirt would boot over, the driver refuses.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class SuspendTests(LibvirtDaemon daemon) : IAsyncLifetime
{
    private LibvirtHypervisor? _driver;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        _driver = daemon.NewDriver();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is null) return;
        await _driver.DeleteAsync("m1", CancellationToken.None);
        Directory.EnumerateFiles(daemon.SavePath).ShouldBeEmpty();
        _driver.Dispose();
    }

    [Fact]
    public async Task A_saved_memory_that_is_incomplete_is_a_failure_that_keeps_it()
    {
        var machine = TreeRun.Define("m1", new BootMedium(await TinyImage.PathAsync(), "qcow2"));
        await _driver!.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        await _driver.Suspend!.SuspendAsync("m1", Cancellation);
        var file = Directory.EnumerateFiles(daemon.SavePath).Single();
        var whole = await File.ReadAllBytesAsync(file, Cancellation);
        // The magic is 16 bytes (qemu_saveimage.h); libvirt writes the second one while it saves.
        foreach (var bad in new[] { whole[..10], [.. "LibvirtQemudPart"u8, .. whole[16..]], whole[..(whole.Length / 2)] })
        {
            await File.WriteAllBytesAsync(file, bad, Cancellation);
            var failure = await Should.ThrowAsync<HypervisorException>(() => _driver.StartAsync(machine, Cancellation));
            failure.Kind.ShouldBe(HypervisorErrorKind.Rejected, failure.Message);
            (await _driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Suspended);
            (await File.ReadAllBytesAsync(file, Cancellation)).Length.ShouldBe(bad.Length, "it is kept");
        }

        await File.WriteAllBytesAsync(file, whole, Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        (await _driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.On);
    }
}
