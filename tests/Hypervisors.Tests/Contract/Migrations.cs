using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_running_machine_moves_to_the_other_host_and_nothing_of_it_stays()
    {
        var migration = Need(Driver.Migration, "migration");
        var other = NeedOtherHost();
        var machine = await StartAsync();
        Afterwards(() => other.DeleteAsync(machine.Id, CancellationToken.None));
        for (var i = 0; i < 2; i++) await migration.MigrateAsync(machine, other, Unheard, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        (await other.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
        NothingIsLeft();
        // And back.
        await other.Migration!.MigrateAsync(machine, Driver, Unheard, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        (await other.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task A_machine_moves_only_to_its_own_kind_and_only_when_it_is_there()
    {
        var migration = Need(Driver.Migration, "migration");
        var machine = await StartAsync();
        await ShouldFailAsync(HypervisorErrorKind.Unsupported, () => migration.MigrateAsync(machine, new Elsewhere(), Unheard, Cancellation));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        var other = NeedOtherHost();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => migration.MigrateAsync(Define(), other, Unheard, Cancellation));
    }

    [Fact]
    public async Task A_machine_whose_move_fails_runs_on_where_it_was()
    {
        var migration = Need(Driver.Migration, "migration");
        Assert.SkipWhen(NewUnreachableDriver() is null, $"the driver {Driver.Kind} talks to no engine that could be away");
        var machine = await StartAsync();
        await Should.ThrowAsync<HypervisorException>(() => migration.MigrateAsync(machine, NewUnreachableDriver()!, Unheard, Cancellation));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    private IHypervisor NeedOtherHost()
    {
        var other = OtherHost();
        Assert.SkipWhen(other is null, $"there is no second {Kind.Title} host here");
        return other;
    }

    /// <summary>A host of a kind that nobody else is of.</summary>
    private sealed class Elsewhere : IHypervisor
    {
        private readonly FakeHypervisor _inner = new(new FakeOptions(), TimeProvider.System);

        public string Kind => "elsewhere";

        public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _inner.ProbeAsync(cancellation);

        public Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) =>
            _inner.CreateAsync(definition, progress, cancellation);

        public Task StartAsync(MachineDefinition definition, CancellationToken cancellation) => _inner.StartAsync(definition, cancellation);

        public Task StopAsync(string machineId, CancellationToken cancellation) => _inner.StopAsync(machineId, cancellation);

        public Task KillAsync(string machineId, CancellationToken cancellation) => _inner.KillAsync(machineId, cancellation);

        public Task DeleteAsync(string machineId, CancellationToken cancellation) => _inner.DeleteAsync(machineId, cancellation);

        public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) => _inner.ObserveAsync(machineId, cancellation);

        public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => _inner.ListAsync(cancellation);
    }
}
