using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    /// <summary>
    /// As much of a desktop's agent as a shell can be (spice-protocol, spice/vd_agent.h): announces itself and asks for the same; copies
    /// what it is given, or waits for an offer and prints that. Numbers are little-endian.
    /// </summary>
    private const string Agent = """
        for p in /sys/class/virtio-ports/*; do [ "$(cat $p/name)" = com.redhat.spice.0 ] && port=/dev/${p##*/}; done
        exec 3<>$port
        byte() { printf "\\$(printf %03o $1)"; }
        number() { byte $(($1 & 255)); byte $(($1 >> 8 & 255)); printf '\000\000'; }
        send() { number 1; number $(($2 + 20)); number 1; number $1; number 0; number 0; number $2; }
        hear() {
          set -- $(dd bs=1 count=28 <&3 2>/dev/null | od -An -v -tu4)
          kind=$4
          dd bs=1 count=$7 <&3 >/tmp/heard 2>/dev/null
        }
        { send 6 8; number 1; number 96; } >&3
        if [ -n "$TEXT" ]; then
          { send 7 8; number 0; number 1; } >&3
          while hear; do [ $kind = 8 ] && break; done
          { send 4 $((8 + ${#TEXT})); number 0; number 1; printf %s "$TEXT"; } >&3
        else
          while hear; do [ $kind = 7 ] && break; done
          { send 8 8; number 0; number 1; } >&3
          while hear; do [ $kind = 4 ] && break; done
          tail -c +9 /tmp/heard
        fi
        """;

    [Fact]
    public async Task A_clipboard_is_shared_both_ways_also_with_an_agent_that_comes_later_and_with_a_new_driver()
    {
        var facet = Need(Driver.Clipboard, "clipboard");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => facet.OpenAsync(machine.Id, Cancellation), "off");
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => facet.OpenAsync("m0", Cancellation), "no such machine");
        await StartWithAgentAsync(machine);
        await using (var shared = await facet.OpenAsync(machine.Id, Cancellation))
        {
            await shared.OfferAsync("to the guest: ü 日本", Cancellation);
            (await PastedAsync(machine)).ShouldBe("to the guest: ü 日本");
            await CopyAsync(machine, "copied there");
            (await HeardAsync(shared)).ShouldBe("copied there");
            await shared.OfferAsync("two\nlines", Cancellation);
            (await PastedAsync(machine)).ShouldBe("two\nlines");
        }

        await using var again = await NewDriver().Clipboard!.OpenAsync(machine.Id, Cancellation);
        await CopyAsync(machine, "for another");
        (await HeardAsync(again)).ShouldBe("for another");
        await Driver.KillAsync(machine.Id, Cancellation);
        await Should.ThrowAsync<IOException>(() => HeardAsync(again));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => facet.OpenAsync(machine.Id, Cancellation), "off again");
    }

    /// <summary>Copies a text in the guest.</summary>
    protected virtual Task CopyAsync(MachineDefinition machine, string text) => AgentAsync(machine, $"TEXT='{text}'\n{Agent}");

    /// <summary>What the guest finds on its clipboard.</summary>
    protected virtual Task<string> PastedAsync(MachineDefinition machine) => AgentAsync(machine, $"TEXT=\n{Agent}");

    private async Task<string> AgentAsync(MachineDefinition machine, string script)
    {
        var result = await Driver.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", script], null, TimeSpan.FromMinutes(2)), Cancellation);
        result.ExitCode.ShouldBe(0, Encoding.UTF8.GetString(result.Error));
        return Encoding.UTF8.GetString(result.Output);
    }

    private static async Task<string> HeardAsync(ISharedClipboard shared)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        return await shared.NextAsync(patience.Token);
    }
}
