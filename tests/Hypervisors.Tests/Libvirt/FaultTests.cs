using System.Globalization;
using System.Net.Sockets;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Daemons that hang, die and lie.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class FaultTests(LibvirtDaemon daemon) : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private LibvirtOptions Impatient => daemon.Options with { Limit = s_limit, ChangeLimit = s_limit * 2 };

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_daemon_that_hangs_costs_its_own_calls_their_limit_and_nobody_elses_and_recovers()
    {
        using var driver = new LibvirtHypervisor(Impatient, TimeProvider.System);
        using var fresh = new LibvirtHypervisor(Impatient, TimeProvider.System);
        using var other = new LibvirtHypervisor(Impatient with { Uri = "test:///default" }, TimeProvider.System);
        await driver.ListAsync(Cancellation);
        await SignalAsync("STOP");
        try
        {
            await ShouldBeUnreachableAsync(() => driver.ListAsync(Cancellation));
            await ShouldBeUnreachableAsync(() => fresh.ListAsync(Cancellation));
            var crowd = Enumerable.Range(0, 30).Select(_ => ShouldBeUnreachableAsync(() => driver.ObserveAsync("m1", Cancellation), times: 20)).ToList();
            var began = TimeProvider.System.GetTimestamp();
            (await other.ListAsync(Cancellation)).ShouldContain(m => m.NativeName == "test");
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(s_limit);
            await Task.WhenAll(crowd);
        }
        finally
        {
            await SignalAsync("CONT");
        }

        foreach (var one in new[] { driver, fresh }) await WorksAgainAsync(one);
    }

    [Fact]
    public async Task A_daemon_that_is_killed_in_a_call_fails_it_and_the_machine_runs_on()
    {
        using var driver = daemon.NewDriver();
        var machine = new MachineDefinition
        {
            Id = "survivor", Name = "survivor", MemoryMiB = 128, Cpus = 1, DiskGiB = 0,
            Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"), MacAddress = "52:54:00:12:34:56",
        };
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await driver.StartAsync(machine, Cancellation);
        var process = (await driver.ObserveAsync(machine.Id, Cancellation)).ProcessId.ShouldNotBeNull();
        await SignalAsync("STOP");
        var call = driver.ListAsync(Cancellation);
        var watched = WatchUntilLostAsync(driver);
        await SignalAsync("KILL");
        (await Should.ThrowAsync<HypervisorException>(call)).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        (await watched).Kind.ShouldBe(HypervisorErrorKind.Unreachable);

        await WorksAgainAsync(driver);
        var after = await driver.ObserveAsync(machine.Id, Cancellation);
        after.Power.ShouldBe(ObservedPower.On);
        after.ProcessId.ShouldBe(process);
        await driver.DeleteAsync(machine.Id, Cancellation);
        Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("\0\0\0\u0018 \0\u0080\u0086\0\0\0\u0001\0\0\0\u0042\0\0\0\u0001\0\0\0\u0007")]
    [InlineData("")]
    [InlineData(null)]
    public async Task What_is_no_libvirt_is_unreachable_until_it_is_one(string? said)
    {
        var path = Path.Combine(daemon.Folder, "fake.sock");
        File.Delete(path);
        using var driver = new LibvirtHypervisor(Impatient with { Uri = $"qemu+unix:///system?socket={path}" }, TimeProvider.System);
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var serving = ServeAsync(listener, said);
            await ShouldBeUnreachableAsync(() => driver.ListAsync(Cancellation));
            listener.Close();
            await serving;
        }

        File.Delete(path);
        await ShouldBeUnreachableAsync(() => driver.ListAsync(Cancellation));
        File.CreateSymbolicLink(path, daemon.Socket);
        await WorksAgainAsync(driver);
        File.Delete(path);
    }

    private static async Task ServeAsync(Socket listener, string? said)
    {
        var open = new List<Socket>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync();
                open.Add(client);
                if (said is null) continue; // Says nothing, ever.
                await client.SendAsync(System.Text.Encoding.Latin1.GetBytes(said));
                if (said.Length == 0) client.Dispose();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            foreach (var client in open) client.Dispose();
        }
    }

    private static async Task<HypervisorException> WatchUntilLostAsync(LibvirtHypervisor driver) => await Should.ThrowAsync<HypervisorException>(async () =>
    {
        await foreach (var _ in driver.Changes!.WatchAsync(Cancellation)) continue;
    });

    private static Task WorksAgainAsync(LibvirtHypervisor driver) => Eventually.TrueAsync("it answers again", async () =>
    {
        try
        {
            await driver.ListAsync(Cancellation);
            return true;
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable)
        {
            return false;
        }
    });

    /// <param name="act">The call.</param>
    /// <param name="times">How many limits it may take: those that wait for their turn take longer.</param>
    private static async Task ShouldBeUnreachableAsync(Func<Task> act, int times = 2)
    {
        var began = TimeProvider.System.GetTimestamp();
        var failure = await Should.ThrowAsync<HypervisorException>(act);
        failure.Kind.ShouldBe(HypervisorErrorKind.Unreachable, failure.Message);
        // A second for a machine that is busy with other tests.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan((s_limit * times) + TimeSpan.FromSeconds(1));
    }

    private async Task SignalAsync(string signal) => await new CommandRunner().RequireAsync(
        new Command("kill", "-" + signal, daemon.ProcessId().ToString(CultureInfo.InvariantCulture)));
}
