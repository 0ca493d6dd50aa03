using Warren.Hypervisors.Libvirt;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Acceleration counts only after a guest has booted with it.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class AcceleratorTests(LibvirtDaemon daemon)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_probe_guest_boots_as_a_domain_and_leaves_nothing()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        using var driver = daemon.NewDriver();
        var verdict = await driver.Accelerator.BootAsync("qemu", TimeSpan.FromSeconds(120), Cancellation);
        verdict.Booted.ShouldBeTrue(verdict.Reason);
        (await driver.ListAsync(Cancellation)).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
    }

    [Fact]
    public async Task KVM_that_libvirt_offers_is_taken_only_when_the_probe_guest_boots_with_it()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        Assert.SkipUnless(File.Exists("/dev/kvm"), "there is no /dev/kvm here");
        await using var seeing = new LibvirtDaemon { WithKvm = true };
        await seeing.InitializeAsync();
        // Where KVM is broken, libvirt's own look at every QEMU takes a minute or more.
        using var driver = new LibvirtHypervisor(seeing.Options with { ChangeLimit = TimeSpan.FromMinutes(6) }, TimeProvider.System);
        var probe = await driver.ProbeAsync(Cancellation);
        TestContext.Current.TestOutputHelper?.WriteLine($"{probe.Accelerator}: {probe.AcceleratorReason}");
        probe.Problems.ShouldBeEmpty();
        // Which it is depends on the machine; that it rests on a boot does not.
        probe.AcceleratorReason.ShouldContain(probe.Accelerator == "kvm" ? "a probe guest booted" : "no");
        (await driver.ListAsync(Cancellation)).ShouldBeEmpty();
    }
}
