using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    /// <summary>A TCP port on which the guest of the image has an SSH server when it is up.</summary>
    private const int SshPort = 22;

    /// <summary>One on which nothing listens.</summary>
    private const int ClosedPort = 81;

    [Fact]
    public async Task A_port_of_the_guest_is_reached_while_it_runs_and_one_without_a_listener_is_refused()
    {
        var ports = Need(Driver.Ports, "ports");
        var machine = await CreateAsync(WithPorts(Define()));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => ports.OpenAsync(machine.Id, SshPort, Cancellation), "off");
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => ports.OpenAsync("m0", SshPort, Cancellation), "no such machine");
        foreach (var wrong in new[] { 0, -1, 65536 }) await ShouldFailAsync(HypervisorErrorKind.Rejected, () => ports.OpenAsync(machine.Id, wrong, Cancellation), $"{wrong}");
        await Driver.StartAsync(machine, Cancellation);
        await GreetsAsync(machine);
        await RefusesAsync(machine, ports);

        // Many at once, of a new driver too, and one that nobody reads holds up no other. (An SSH server takes few strangers at a time.)
        await using var unread = await ports.OpenAsync(machine.Id, SshPort, Cancellation);
        var fresh = NewDriver().Ports!;
        await Task.WhenAll(
        [
            GreetsAsync(machine, fresh), GreetsAsync(machine),
            .. Enumerable.Range(0, 20).Select(i => RefusesAsync(machine, i % 2 == 0 ? ports : fresh)),
        ]);

        await Driver.KillAsync(machine.Id, Cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        await ReadToEndAsync(unread.Stream, patience.Token);
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => ports.OpenAsync(machine.Id, SshPort, Cancellation), "off again");
    }

    [Fact]
    public async Task A_guest_hears_that_nothing_more_comes_and_answers_to_its_end()
    {
        var ports = Need(Driver.Ports, "ports");
        var machine = await StartAsync(WithPorts(Define()));
        await GreetsAsync(machine);
        await using var connection = await ports.OpenAsync(machine.Id, SshPort, Cancellation);
        connection.EndSending();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await ReadToEndAsync(connection.Stream, patience.Token);
        connection.EndSending();
    }

    /// <summary>Nobody listens there: it is said, or, where something in between accepts for everybody, the connection ends without a byte.</summary>
    private async Task RefusesAsync(MachineDefinition machine, IGuestPorts ports)
    {
        try
        {
            await using var connection = await ports.OpenAsync(machine.Id, ClosedPort, Cancellation);
            RefusalsAreSure.ShouldBeFalse("it was opened");
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(30));
            (await connection.Stream.ReadAsync(new byte[1], patience.Token)).ShouldBe(0);
        }
        catch (HypervisorException e)
        {
            e.Kind.ShouldBe(HypervisorErrorKind.Rejected, e.Message);
            e.Message.ShouldContain($"port {ClosedPort}");
        }
        catch (IOException)
        {
            // Reset.
        }
    }

    /// <summary>With forwards, where ports are reached through those only.</summary>
    private MachineDefinition WithPorts(MachineDefinition definition) => definition with
    {
        Forwards = NoForwards is null ? [new("tcp", "127.0.0.1", FreePort(), SshPort), new("tcp", "127.0.0.1", FreePort(), ClosedPort)] : [],
    };

    private Task GreetsAsync(MachineDefinition machine, IGuestPorts? through = null) => Eventually.TrueAsync("its SSH server greets", async () =>
    {
        try
        {
            await using var connection = await (through ?? Driver.Ports!).OpenAsync(machine.Id, SshPort, Cancellation);
            var greeting = new byte[4];
            return await connection.Stream.ReadAtLeastAsync(greeting, 4, throwOnEndOfStream: false, Cancellation) == 4 && Encoding.ASCII.GetString(greeting) == "SSH-";
        }
        catch (Exception e) when (e is IOException or HypervisorException { Kind: HypervisorErrorKind.Rejected or HypervisorErrorKind.Unreachable })
        {
            // Still booting.
            return false;
        }
    }, SecondsToBoot);
}
