using System.Runtime.CompilerServices;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Guard;

namespace Hypervisors.Tests.Guard;

/// <summary>What stands between the server and a host that misbehaves.</summary>
public sealed class GuardTests
{
    private static readonly CallLimits s_short = new(new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { ["*"] = TimeSpan.FromMilliseconds(200) });
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task A_driver_that_ignores_its_token_is_left_behind_after_its_time()
    {
        var driver = new Stubborn();
        var guard = new HostGuard("h", driver, s_short, 4, TimeProvider.System);
        var error = await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
        error.Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        error.Message.ShouldBe("host 'h' did not answer Observe within 200 ms");
        guard.InFlight.ShouldBe(1, "it is still at it");
        driver.Release.SetResult();
        await Eventually.TrueAsync("the call has ended by itself", () => Task.FromResult(guard.InFlight == 0));
    }

    [Fact]
    public async Task A_driver_that_blocks_its_thread_does_not_block_its_caller()
    {
        using var gate = new ManualResetEventSlim();
        var guard = new HostGuard("h", new Stubborn { Block = gate }, s_short, 4, TimeProvider.System);
        var call = guard.Driver.ListAsync(None);
        call.IsCompleted.ShouldBeFalse();
        (await Should.ThrowAsync<HypervisorException>(() => call)).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        gate.Set();
    }

    [Fact]
    public async Task Rubbish_and_lost_connections_become_unreachable_with_the_cause_kept()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        fake.Faults.Rubbish("Observe", 1);
        var rubbish = await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
        rubbish.ShouldSatisfyAllConditions(
            e => e.Kind.ShouldBe(HypervisorErrorKind.Unreachable), e => e.Message.ShouldContain("something that cannot be read (FormatException"), e => e.InnerException.ShouldBeOfType<FormatException>());
        fake.Faults.Drop("Observe", 1);
        (await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None))).Message.ShouldContain("dropped the connection during Observe");
        (await guard.Driver.ObserveAsync("m", None)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task A_refusal_is_passed_on_as_it_is_and_a_cancel_is_a_cancel()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        fake.Faults.Fail("Start", HypervisorErrorKind.Rejected);
        (await Should.ThrowAsync<HypervisorException>(() => guard.Driver.StartAsync(Machine(), None))).Message.ShouldBe("planned failure of Start");
        fake.Faults.Hang("Observe");
        using var cancel = new CancellationTokenSource();
        var call = guard.Driver.ObserveAsync("m", cancel.Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        guard.OpenReason.ShouldBeNull();
    }

    [Fact]
    public async Task After_repeated_silence_nothing_is_asked_until_a_probe_succeeds()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        var turns = new List<string?>();
        guard.OnTurn(turns.Add);
        fake.Faults.Drop("*");
        for (var i = 0; i < 3; i++) await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
        await Eventually.TrueAsync("the guard gives up", () => Task.FromResult(guard.OpenReason is not null));
        var calls = fake.Faults.Calls.Count;
        var quick = await Should.ThrowAsync<HypervisorException>(() => guard.Driver.StartAsync(Machine(), None));
        quick.Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        quick.Message.ShouldContain("dropped the connection");
        fake.Faults.Calls.Count.ShouldBe(calls, "nobody was asked");
        fake.Faults.Clear();
        await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
        await guard.Driver.ProbeAsync(None);
        (await guard.Driver.ObserveAsync("m", None)).Power.ShouldBe(ObservedPower.Missing);
        turns.Count.ShouldBe(2);
        turns[1].ShouldBeNull();
    }

    [Fact]
    public async Task One_machine_that_does_not_answer_is_not_a_dead_host()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        fake.Faults.Fail("Observe", HypervisorErrorKind.Unreachable, times: 9);
        for (var i = 0; i < 9; i++)
        {
            await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
            await Eventually.TrueAsync("nothing under way", () => Task.FromResult(guard.InFlight == 0));
        }

        guard.OpenReason.ShouldBeNull("the host was asked and answered");
        fake.Faults.Calls.ShouldContain("List");
    }

    [Fact]
    public async Task A_silent_agent_says_nothing_of_its_host()
    {
        var fake = new FakeHypervisor(new FakeOptions { AgentAfter = TimeSpan.FromHours(1) }, TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        await guard.Driver.CreateAsync(Machine(), new Progress<double>(), None);
        await guard.Driver.StartAsync(Machine(), None);
        for (var i = 0; i < 5; i++)
            (await Should.ThrowAsync<HypervisorException>(() => guard.Driver.Guest!.ReadFileAsync("m", "/x", 1, None))).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        fake.Faults.Calls.ShouldNotContain("List");
        guard.OpenReason.ShouldBeNull();
    }

    [Fact]
    public async Task Waiting_work_is_cut_short_when_its_host_falls_silent()
    {
        var fake = new FakeHypervisor(new FakeOptions(), TimeProvider.System);
        var guard = new HostGuard("h", fake, new CallLimits(), 4, TimeProvider.System);
        fake.Faults.Drop("*");
        fake.Faults.Hang("Create");
        var create = guard.Driver.CreateAsync(Machine(), new Progress<double>(), None);
        for (var i = 0; i < 3; i++) await Should.ThrowAsync<HypervisorException>(() => guard.Driver.ObserveAsync("m", None));
        (await Should.ThrowAsync<HypervisorException>(() => create.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, None))).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
    }

    [Fact]
    public async Task No_more_calls_are_in_flight_than_allowed()
    {
        var driver = new Stubborn();
        var guard = new HostGuard("h", driver, new CallLimits(new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { ["*"] = TimeSpan.FromSeconds(20), ["Kill"] = TimeSpan.FromMilliseconds(100) }), 2, TimeProvider.System);
        var (first, second) = (guard.Driver.ObserveAsync("a", None), guard.Driver.ObserveAsync("b", None));
        await Eventually.TrueAsync("two are under way", () => Task.FromResult(guard.InFlight == 2));
        (await Should.ThrowAsync<HypervisorException>(() => guard.Driver.KillAsync("c", None))).Kind.ShouldBe(HypervisorErrorKind.Busy);
        driver.Release.SetResult();
        await Task.WhenAll(first, second);
        await guard.Driver.KillAsync("c", None);
    }

    [Fact]
    public async Task Facets_are_guarded_missing_ones_stay_missing_and_another_driver_is_handed_over_bare()
    {
        var driver = new Stubborn();
        var guard = new HostGuard("h", driver, s_short, 4, TimeProvider.System);
        var other = new Stubborn();
        guard.Driver.Kind.ShouldBe("stub");
        guard.Driver.Snapshots.ShouldBeNull();
        guard.Driver.Migration.ShouldBeSameAs(guard.Driver.Migration);
        await guard.Driver.Migration!.MigrateAsync(Machine(), new HostGuard("o", other, s_short, 4, TimeProvider.System).Driver, new Progress<double>(), None);
        driver.MovedTo.ShouldBeSameAs(other);
        Capabilities.Of(guard.Driver, null)["migration"].ShouldBeNull();
    }

    [Fact]
    public async Task News_end_as_unreachable_when_the_connection_does()
    {
        var guard = new HostGuard("h", new Stubborn(), s_short, 4, TimeProvider.System);
        var seen = new List<string>();
        var error = await Should.ThrowAsync<HypervisorException>(async () =>
        {
            await foreach (var id in guard.Driver.Changes!.WatchAsync(None)) seen.Add(id);
        });
        error.Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        seen.ShouldBe(["m"]);
    }

    [Fact]
    public async Task Calls_that_end_at_once_end_well()
    {
        var guard = new HostGuard("h", new Stubborn(), new CallLimits(), 8, TimeProvider.System);
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, c) => await guard.Driver.KillAsync("m", c));
        await Eventually.TrueAsync("nothing is under way", () => Task.FromResult(guard.InFlight == 0));
    }

    [Fact]
    public void Limits_go_by_the_call_then_by_its_facet()
    {
        var limits = new CallLimits(new Dictionary<string, TimeSpan>(StringComparer.Ordinal) { ["Guest"] = TimeSpan.FromSeconds(7), ["Observe"] = TimeSpan.FromSeconds(3) });
        limits.Of("Observe", []).ShouldBe(TimeSpan.FromSeconds(3));
        limits.Of("Guest.WriteFile", []).ShouldBe(TimeSpan.FromSeconds(7));
        limits.Of("Guest.Exec", [new GuestExec("/x", [], null, TimeSpan.FromMinutes(5))]).ShouldBe(TimeSpan.FromSeconds(307));
        limits.Of("Create", []).ShouldBe(TimeSpan.FromMinutes(30));
        limits.Of("Screen.OpenRfb", []).ShouldBe(TimeSpan.FromMinutes(1));
    }

    private static MachineDefinition Machine() => new()
    {
        Id = "m", Name = "m", MemoryMiB = 64, Cpus = 1, DiskGiB = 1, MacAddress = "52:54:00:00:00:01", Boot = new BootMedium(typeof(GuardTests).Assembly.Location, "raw"),
    };

    /// <summary>A driver that does not care for its token.</summary>
    private sealed class Stubborn : IHypervisor, IMigration, IChanges
    {
        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public ManualResetEventSlim? Block { get; init; }
        public IHypervisor? MovedTo { get; private set; }
        public string Kind => "stub";
        public IMigration? Migration => this;
        public IChanges? Changes => this;
        public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => throw new NotSupportedException();
        public Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) => Release.Task;
        public Task StartAsync(MachineDefinition definition, CancellationToken cancellation) => Release.Task;
        public Task StopAsync(string machineId, CancellationToken cancellation) => Task.CompletedTask;
        public Task KillAsync(string machineId, CancellationToken cancellation) => Task.CompletedTask;
        public Task DeleteAsync(string machineId, CancellationToken cancellation) => Task.CompletedTask;

        public async Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
        {
            await Release.Task;
            return MachineObservation.Missing;
        }

        public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
        {
            Block?.Wait(CancellationToken.None);
            return Task.FromResult<IReadOnlyList<FoundMachine>>([]);
        }

        public Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation)
        {
            MovedTo = destination;
            return Task.CompletedTask;
        }

        public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
        {
            yield return "m";
            await Task.Yield();
            throw new IOException("gone");
        }
    }
}
