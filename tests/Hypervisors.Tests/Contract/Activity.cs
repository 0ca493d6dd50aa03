using System.Net.Sockets;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Signs_of_use_are_told_of_machines_that_run_and_of_no_others()
    {
        var activity = Need(Driver.Activity, "activity");
        var port = FreePort();
        var machine = await StartWithAgentAsync(Define() with { Forwards = NoForwards is null ? [new PortForward("tcp", "127.0.0.1", port, 22)] : [] });
        var off = await CreateAsync();
        string[] asked = [machine.Id, off.Id, "m0"];
        var first = await activity.LookAsync(asked, Cancellation);
        first.Keys.ShouldBe([machine.Id]);
        // A guest that has just booted is never quite at rest.
        await Eventually.TrueAsync("CPU time goes on", async () => (await LookAtAsync()).CpuNanoseconds > first[machine.Id].CpuNanoseconds);
        (await NewDriver().Activity!.LookAsync(asked, Cancellation)).Keys.ShouldBe([machine.Id]);
        if (first[machine.Id].Connections is not null && NoForwards is null) await ConnectionsAreToldAsync(machine, port);
        await Driver.KillAsync(machine.Id, Cancellation);
        (await activity.LookAsync(asked, Cancellation)).ShouldBeEmpty();

        async Task<MachineActivity> LookAtAsync() => (await activity.LookAsync(asked, Cancellation))[machine.Id];
    }

    private async Task ConnectionsAreToldAsync(MachineDefinition machine, int port)
    {
        async Task<bool> AreAsync(int count) => (await Driver.Activity!.LookAsync([machine.Id], Cancellation))[machine.Id].Connections == count;
        (await AreAsync(0)).ShouldBeTrue("nobody is connected");
        if (Driver.Kind != "fake")
        {
            // What this very process connects to is the server's own look whether the guest is ready. Until that is so the guest hangs up.
            TcpClient? own = null;
            await Eventually.TrueAsync("its SSH server greets", async () => (own = await GreetedAsync(port)) is not null, 120);
            using (own) (await AreAsync(0)).ShouldBeTrue("our own connection does not count");
        }

        await using (Connect(machine, port)) await Eventually.TrueAsync("somebody is connected", () => AreAsync(1));
        await Eventually.TrueAsync("nobody is connected any more", () => AreAsync(0));
    }

    /// <summary>A connection to the guest's SSH server; null while that does not listen: the agent answers before the boot has come to its end.</summary>
    private static async Task<TcpClient?> GreetedAsync(int port)
    {
        var client = new TcpClient();
        var greeting = new byte[4];
        try
        {
            await client.ConnectAsync("127.0.0.1", port, Cancellation);
            await client.GetStream().ReadExactlyAsync(greeting, Cancellation);
            if (greeting.AsSpan().SequenceEqual("SSH-"u8)) return client;
        }
        catch (IOException)
        {
            // The forward is there, and nobody behind it.
        }

        client.Dispose();
        return null;
    }
}
