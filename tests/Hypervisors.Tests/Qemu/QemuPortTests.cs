using System.Text;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>What only QEMU has: ports that nothing is forwarded to, and no forward that stays.</summary>
public abstract partial class QemuSuite
{
    [Fact]
    public async Task A_port_needs_no_forward_and_leaves_none_also_not_after_a_crash()
    {
        var machine = await StartAsync(Define() with { Forwards = [] });
        await Eventually.TrueAsync("its SSH server greets", () => SpeaksAsync(machine), SecondsToBoot);
        (await UsernetAsync(machine)).ShouldNotContain("HOST_FORWARD");

        // A server that dies in the moment leaves a forward and the note of it.
        await TellAsync(machine, UserNetwork.Add(80));
        await File.WriteAllTextAsync(FolderOf(machine).PortMoment, "1", Cancellation);
        (await UsernetAsync(machine)).ShouldContain("HOST_FORWARD");
        await LookAsync(machine);
        (await UsernetAsync(machine)).ShouldNotContain("HOST_FORWARD", Case.Sensitive, "a look at the machine finds it");
        MomentFile.IsLeft(FolderOf(machine)).ShouldBeFalse();

        await TellAsync(machine, UserNetwork.Add(80));
        (await SpeaksAsync(machine)).ShouldBeTrue();
        (await UsernetAsync(machine)).ShouldNotContain("HOST_FORWARD", Case.Sensitive, "and so does the next connection");
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_guest_that_stands_still_is_silent_and_holds_up_nobody()
    {
        var machine = await StartAsync(Define() with { Forwards = [] });
        await Eventually.TrueAsync("its SSH server greets", () => SpeaksAsync(machine), SecondsToBoot);
        await Driver.Power!.PauseAsync(machine.Id, Cancellation);
        var silent = ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver.Ports!.OpenAsync(machine.Id, 22, Cancellation));
        while (!silent.IsCompleted) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Paused, "others are answered meanwhile");
        (await silent).Message.ShouldContain("does not answer on port 22");
        await Driver.Power.ResumeAsync(machine.Id, Cancellation);
        (await SpeaksAsync(machine)).ShouldBeTrue();
    }

    private async Task<bool> SpeaksAsync(MachineDefinition machine)
    {
        try
        {
            await using var connection = await Driver.Ports!.OpenAsync(machine.Id, 22, Cancellation);
            var greeting = new byte[4];
            return await connection.Stream.ReadAtLeastAsync(greeting, 4, throwOnEndOfStream: false, Cancellation) == 4 && Encoding.ASCII.GetString(greeting) == "SSH-";
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Rejected or HypervisorErrorKind.Unreachable)
        {
            return false;
        }
    }

    private Task<string> UsernetAsync(MachineDefinition machine) => TellAsync(machine, "info usernet");

    private async Task<string> TellAsync(MachineDefinition machine, string line)
    {
        using var qmp = await QmpConnection.OpenAsync(FolderOf(machine).QmpSocket, TimeSpan.FromSeconds(5), TimeProvider.System, Cancellation);
        return (string)(await qmp.CommandAsync("human-monitor-command", new JsonObject { ["command-line"] = line }, TimeSpan.FromSeconds(5), TimeProvider.System, Cancellation))!;
    }
}
