using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>
/// What every driver must do, a file per theme. A driver's tests inherit this class, say how to reach an empty host and
/// state the small facts in Facts.cs. After each test all machines are deleted and the host must be as it was. A case
/// that a driver cannot take is skipped with the reason; eng/contract-table shows them all side by side.
/// </summary>
public abstract partial class HypervisorContract : IAsyncLifetime
{
    private static int s_machines;
    private readonly HashSet<string> _ids = [];
    private readonly List<Func<Task>> _undo = [];

    protected IHypervisor Driver { get; private set; } = null!;

    /// <summary>What the driver says of itself.</summary>
    protected HypervisorKind Kind => HypervisorRegistration.Find(Driver.Kind);

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync()
    {
        Driver = NewDriver();
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Driver is null) return;
        foreach (var id in _ids.Where(DefinitionRules.IsId)) await Driver.DeleteAsync(id, CancellationToken.None);
        for (var i = _undo.Count - 1; i >= 0; i--) await _undo[i]();
        NothingIsLeft();
    }

    /// <summary>Something to be undone after the test, last first, when the machines are gone.</summary>
    protected void Afterwards(Func<Task> undo) => _undo.Add(undo);

    protected MachineDefinition Define()
    {
        var number = Interlocked.Increment(ref s_machines);
        var id = $"m{number}";
        _ids.Add(id);
        return Adapt(new MachineDefinition
        {
            Id = id,
            Name = "contract-" + id,
            MemoryMiB = 192,
            Cpus = 1,
            Boot = Image,
            DiskGiB = 1,
            MacAddress = $"52:54:00:12:{number / 256 % 256:x2}:{number % 256:x2}",
        });
    }

    protected async Task<MachineDefinition> CreateAsync(MachineDefinition? definition = null)
    {
        definition ??= Define();
        await Driver.CreateAsync(definition, Unheard, Cancellation);
        return definition;
    }

    protected async Task<MachineDefinition> StartAsync(MachineDefinition? definition = null)
    {
        definition = await CreateAsync(definition);
        await Driver.StartAsync(definition, Cancellation);
        return definition;
    }

    protected async Task<MachineDefinition> StartWithAgentAsync(MachineDefinition? definition = null)
    {
        Need(Driver.Guest, "guest agent");
        definition = await StartAsync(definition);
        await AgentAnswersAsync(definition);
        return definition;
    }

    protected Task AgentAnswersAsync(MachineDefinition definition) =>
        Eventually.TrueAsync("the agent answers", () => Driver.Guest!.PingAsync(definition.Id, Cancellation), SecondsToBoot);

    protected async Task<MachineObservation> LookAsync(MachineDefinition definition) =>
        await Driver.ObserveAsync(definition.Id, Cancellation);

    protected async Task ShouldBeAsync(MachineDefinition definition, ObservedPower power, int seconds = 20) =>
        await Eventually.TrueAsync($"{definition.Id} is {power}", async () => (await LookAsync(definition)).Power == power, seconds);

    protected static async Task<HypervisorException> ShouldFailAsync(HypervisorErrorKind kind, Func<Task> act, string? about = null)
    {
        var failure = await Should.ThrowAsync<HypervisorException>(act, about);
        failure.Kind.ShouldBe(kind, $"{about} {failure.Message}");
        failure.Message.ShouldNotBeNullOrWhiteSpace(about);
        return failure;
    }

    /// <summary>A facet, or the end of the test where the driver has none.</summary>
    protected T Need<T>(T? facet, string what) where T : class
    {
        Assert.SkipWhen(facet is null, $"the driver {Driver.Kind} has no {what}");
        return facet;
    }

    /// <summary>Skips where a facet is there and this one thing of it is not: the driver itself says why.</summary>
    protected static async Task NeedAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unsupported)
        {
            Assert.Skip(e.Message);
        }
    }

    private static int s_lastPort = Environment.ProcessId % 200 * 100;

    protected static int FreePort()
    {
        while (true)
        {
            // Each once, and below those that the system gives to connections (ip_local_port_range begins at 32768).
            var port = 12_000 + (Interlocked.Increment(ref s_lastPort) % 20_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }

    protected static IProgress<double> Unheard { get; } = new Heard();

    /// <summary>Progress that is noted at once, in order.</summary>
    protected sealed class Heard : IProgress<double>
    {
        private readonly List<double> _values = [];

        public IReadOnlyList<double> Values
        {
            get
            {
                lock (_values) return [.. _values];
            }
        }

        public void Report(double value)
        {
            lock (_values) _values.Add(value);
        }
    }
}
