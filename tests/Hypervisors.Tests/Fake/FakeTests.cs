using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>What tests of the server lean on: faults, delays by the clock, survival of a restart.</summary>
public sealed class FakeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-fake-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static MachineDefinition Machine { get; } =
        DefinitionRulesTests.Good with { Boot = new BootMedium(typeof(FakeTests).Assembly.Location, "raw") };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_planned_failure_comes_as_often_as_planned()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        fake.Faults.Fail("Create", HypervisorErrorKind.Busy, 2);
        for (var i = 0; i < 2; i++)
        {
            var failure = await Should.ThrowAsync<HypervisorException>(() => fake.CreateAsync(Machine, new Progress<double>(), Cancellation));
            failure.Kind.ShouldBe(HypervisorErrorKind.Busy);
        }

        await fake.CreateAsync(Machine, new Progress<double>(), Cancellation);
        fake.Faults.Calls.ShouldBe(["Create a1", "Create a1", "Create a1"]);
    }

    [Fact]
    public async Task A_delayed_call_waits_for_the_clock_and_a_shutdown_takes_its_time()
    {
        var clock = new ManualClock();
        var fake = new FakeHypervisor(new FakeOptions
        {
            Delays = new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { ["Start"] = TimeSpan.FromSeconds(5) },
            ShutdownTakes = TimeSpan.FromSeconds(30),
            AgentAfter = TimeSpan.FromSeconds(10),
        }, clock);
        await fake.CreateAsync(Machine, new Progress<double>(), Cancellation);
        var start = fake.StartAsync(Machine, Cancellation);
        start.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(5));
        await start;
        (await fake.Guest!.PingAsync("a1", Cancellation)).ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(10));
        (await fake.Guest.PingAsync("a1", Cancellation)).ShouldBeTrue();
        await fake.StopAsync("a1", Cancellation);
        (await fake.ObserveAsync("a1", Cancellation)).Power.ShouldBe(ObservedPower.On);
        clock.Advance(TimeSpan.FromSeconds(30));
        (await fake.ObserveAsync("a1", Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task Machines_in_a_folder_outlive_the_driver()
    {
        var options = new FakeOptions { Folder = _folder };
        var first = new FakeHypervisor(options, TimeProvider.System);
        await first.CreateAsync(Machine, new Progress<double>(), Cancellation);
        await first.StartAsync(Machine, Cancellation);
        var before = await first.ObserveAsync("a1", Cancellation);
        var after = await new FakeHypervisor(options, TimeProvider.System).ObserveAsync("a1", Cancellation);
        after.ShouldBe(before);
    }

    [Fact]
    public void An_unknown_kind_is_Unsupported() =>
        Should.Throw<HypervisorException>(() => HypervisorRegistration.Find("vmware"))
            .Kind.ShouldBe(HypervisorErrorKind.Unsupported);
}
