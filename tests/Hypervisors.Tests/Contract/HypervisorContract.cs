using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>
/// What every driver must do. A driver's tests inherit this class and say how to reach an empty host. After each test
/// all machines are deleted and the host must be as it was.
/// </summary>
public abstract partial class HypervisorContract : IAsyncLifetime
{
    private static int s_machines;
    private readonly HashSet<string> _ids = [];

    /// <summary>A fresh driver on the one host of this test, as after a restart of the server.</summary>
    protected abstract IHypervisor NewDriver();

    /// <summary>Fails when anything of a deleted machine is left.</summary>
    protected abstract void NothingIsLeft();

    /// <summary>The image machines boot from; its guest has an agent with <c>/bin/echo</c>.</summary>
    protected abstract BootMedium Image { get; }

    /// <summary>Time for a boot under TCG on a machine that is busy with other tests.</summary>
    protected virtual int SecondsToBoot => 240;

    protected IHypervisor Driver { get; private set; } = null!;

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
        foreach (var id in _ids) await Driver.DeleteAsync(id, CancellationToken.None);
        NothingIsLeft();
    }

    protected MachineDefinition Define()
    {
        var id = $"m{Interlocked.Increment(ref s_machines)}";
        _ids.Add(id);
        return new MachineDefinition
        {
            Id = id,
            Name = "contract-" + id,
            MemoryMiB = 192,
            Cpus = 1,
            Boot = Image,
            DiskGiB = 1,
            MacAddress = "52:54:00:12:34:56",
        };
    }

    protected async Task<MachineDefinition> CreateAsync(MachineDefinition? definition = null)
    {
        definition ??= Define();
        await Driver.CreateAsync(definition, new Progress<double>(), Cancellation);
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
        Assert.SkipWhen(Driver.Guest is null, "this driver has no guest facet");
        definition = await StartAsync(definition);
        await Eventually.TrueAsync("the agent answers", () => Driver.Guest.PingAsync(definition.Id, Cancellation), SecondsToBoot);
        return definition;
    }

    protected async Task<MachineObservation> LookAsync(MachineDefinition definition) =>
        await Driver.ObserveAsync(definition.Id, Cancellation);

    protected async Task ShouldBeAsync(MachineDefinition definition, ObservedPower power, int seconds = 20) =>
        await Eventually.TrueAsync($"{definition.Id} is {power}", async () => (await LookAsync(definition)).Power == power, seconds);

    protected static async Task<HypervisorException> ShouldFailAsync(HypervisorErrorKind kind, Func<Task> act)
    {
        var failure = await Should.ThrowAsync<HypervisorException>(act);
        failure.Kind.ShouldBe(kind, failure.Message);
        return failure;
    }

    protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
