using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Probe;

namespace Hypervisors.Tests.Qemu;

/// <summary>The probe boots a real guest; nothing here is imitated.</summary>
public sealed class ProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("w-probe-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m") };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_probe_guest_prints_its_line_on_a_processor_that_works()
    {
        var verdict = await new ProbeBoot(Options, new CommandRunner()).SectorAsync("tcg", "max", TimeSpan.FromSeconds(120), Cancellation);
        verdict.Booted.ShouldBeTrue(verdict.Reason);
    }

    [Fact]
    public async Task A_guest_that_never_prints_its_line_is_given_up_in_time()
    {
        var began = TimeProvider.System.GetTimestamp();
        // The 486 has neither long mode nor SSE: the guest dies in its first instructions, as under a broken KVM.
        var verdict = await new ProbeBoot(Options, new CommandRunner()).SectorAsync("tcg", "486", TimeSpan.FromSeconds(3), Cancellation);
        verdict.Booted.ShouldBeFalse();
        verdict.Reason.ShouldNotBeNullOrEmpty();
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        QemuSuite.ProcessesOf("warren-probe-").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_verdict_on_this_machine_is_bounded_has_a_reason_and_is_remembered()
    {
        var driver = new QemuHypervisor(Options, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        var probe = await driver.ProbeAsync(Cancellation);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
        TestContext.Current.SendDiagnosticMessage($"accelerator {probe.Accelerator}: {probe.AcceleratorReason}");
        probe.Accelerator.ShouldBeOneOf("kvm", "tcg");
        probe.AcceleratorReason.ShouldContain(File.Exists("/dev/kvm") ? "boot" : "/dev/kvm");
        probe.Facts["sandbox"].ShouldBe("seccomp");
        File.Exists(Path.Combine(Options.MachinesFolder, ".accelerator.json")).ShouldBeTrue();
        var again = await new QemuHypervisor(Options, TimeProvider.System).ProbeAsync(Cancellation);
        again.AcceleratorReason.ShouldBe(probe.AcceleratorReason);
    }

    [Fact]
    public async Task Missing_programs_are_problems_with_a_remedy()
    {
        var options = Options with { QemuProgram = "/nowhere/qemu", XorrisoProgram = "/nowhere/xorriso", FirmwareSearchPaths = [] };
        var probe = await new QemuHypervisor(options, TimeProvider.System).ProbeAsync(Cancellation);
        probe.Problems.Count.ShouldBe(2);
        probe.Problems.ShouldAllBe(p => p.Contains("apt-get install"));
        probe.Capacity.Cpus.ShouldBeGreaterThan(0);
    }
}
