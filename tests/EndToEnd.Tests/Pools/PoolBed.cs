using EndToEnd.Tests.Crashes;
using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Pools;

/// <summary>What tests of faults under a pool have in common: the pool <c>p</c> of forks of the warm golden image <c>g</c>.</summary>
public abstract class PoolBed : CrashBed
{
    protected const int Target = 2;

    /// <summary>Has a server with a full pool.</summary>
    internal async Task FullPoolAsync(params string[] settings)
    {
        await Bed.StartAsync([ShortLease, .. settings]);
        await WarmGoldenImageAsync();
        await Bed.Client.CreatePoolAsync(Forks());
        await PoolBecomesAsync("full", IsFull);
    }

    /// <summary>A booted tiny, frozen, and gone itself.</summary>
    internal async Task WarmGoldenImageAsync()
    {
        await RunningAsync("a");
        await SucceedsAsync(Bed.Client.CreateGoldenImageAsync(new CreateGoldenImageRequest { Name = "g", Machine = "a", Kind = GoldenImageKind.Warm }));
        await SucceedsAsync(Bed.Client.DeleteMachineAsync("a"));
    }

    /// <summary>A tiny whose agent answers.</summary>
    internal async Task RunningAsync(string name)
    {
        await Bed.Warren.RunAsync("launch", "tiny", "--name", name, "--memory", "128M", "--cpus", "1");
        await Bed.Warren.RunAsync("wait", name, "--for", "agent");
    }

    internal static CreatePoolRequest Forks(string? firstBoot = null) =>
        new() { Name = "p", Target = Target, Machine = new LaunchRequest { GoldenImage = "g", FirstBoot = firstBoot }, ReadyWhen = ReadinessRung.Agent };

    internal static bool IsFull(Pool pool) => pool is { Spares: Target, Filling: 0, Leaving: 0 };

    internal Task PoolBecomesAsync(string what, Func<Pool, bool> condition) =>
        Eventually.TrueAsync($"the pool is {what}", async () => condition(await Bed.Client.GetPoolAsync("p")));

    /// <summary>Spares in the order in which they are lent.</summary>
    internal async Task<Machine[]> SparesAsync()
    {
        var spares = new List<Machine>();
        foreach (var id in Bed.Traces.Rows("select id from machines where pool_place = 'Spare' order by spare_since, id")) spares.Add(await Bed.Client.GetMachineAsync(id));
        return [.. spares];
    }

    internal Task<Lease> ClaimAsync(int wait = 0, string? key = null) => Bed.Client.ClaimAsync("p", new ClaimRequest(), TimeSpan.FromSeconds(wait), key);

    /// <summary>It is a machine, and not only a row: somebody can log in.</summary>
    internal async Task ShouldWorkAsync(Lease lease) => (await Bed.SshAsync(lease.MachineName, "hostname")).ShouldBe((await Bed.Client.GetMachineAsync(lease.MachineId)).Name);

    internal async Task ReleaseAsync(Lease lease)
    {
        await SucceedsAsync(Bed.Client.ReleaseAsync(lease.Id));
        var ended = await Bed.Client.GetLeaseAsync(lease.Id);
        ended.End.ShouldBe(LeaseEnd.Released);
        ended.EndedAt.ShouldNotBeNull();
    }

    internal async Task SucceedsAsync(Task<Operation> asked)
    {
        var ended = await Bed.Client.WaitForOperationAsync((await asked).Id);
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
    }

    /// <summary>Sends a signal, and for SIGKILL waits until the process is gone.</summary>
    internal async Task SignalAsync(string signal, Machine machine)
    {
        var pid = machine.ProcessId!.Value;
        Bed.Traces.Processes().ShouldContain(pid);
        await new CommandRunner().RequireAsync(new Command("kill", "-" + signal, $"{pid}"), TestContext.Current.CancellationToken);
        if (signal == "KILL") await Eventually.TrueAsync($"process {pid} is gone", () => !Bed.Traces.Processes().Contains(pid));
    }

    /// <summary>Row, process and folder.</summary>
    internal Task GoneAsync(Machine machine) => Eventually.TrueAsync($"{machine.Name} is gone", () =>
        Bed.Traces.Rows($"select id from machines where id = '{machine.Id}'").Count == 0 && !Bed.Traces.Processes().Contains(machine.ProcessId!.Value)
        && !Bed.Traces.MachineFolders().Contains(machine.Id));

    internal void ShouldNeverHaveBeenLent(Machine machine) => Bed.Traces.Rows($"select id from leases where machine_id = '{machine.Id}'").ShouldBeEmpty();

    /// <summary>Removes pool and golden image, and insists that they and their machines have left nothing.</summary>
    internal async Task NothingIsLeftAsync()
    {
        if (await Bed.Client.ListPoolsAsync().AnyAsync()) await Bed.Client.DeletePoolAsync("p", force: true);
        await Eventually.TrueAsync("all machines are gone", () => Bed.Traces.Rows("select id from machines union select id from operations where live").Count == 0);
        foreach (var golden in await Bed.Client.ListGoldenImagesAsync().ToListAsync()) await SucceedsAsync(Bed.Client.DeleteGoldenImageAsync(golden.Id));
        Bed.Traces.ShouldBeNone(Bed.Server.Ports);
    }
}
