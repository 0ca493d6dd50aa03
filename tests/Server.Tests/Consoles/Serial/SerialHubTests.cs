using System.Net.WebSockets;
using System.Text;
using Warren.Contracts;
using Warren.Server.Consoles.Serial;
using Warren.Server.Operations;
using Warren.Server.Tests.Hosting;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>One line and many terminals: each hears everything once, in order, whatever breaks.</summary>
public sealed class SerialHubTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(false, 0)]
    public async Task Whatever_breaks_every_terminal_hears_everything_once_and_in_order(bool kept, int seed)
    {
        var dice = new Dice(seed == 0 ? Campaign.Seed() : (ulong)seed);
        var guest = new ScriptedGuest(kept);
        await guest.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(i => $"before {i}: {dice.Roll(1_000_000)}\n"))));
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        var heard = new List<(long At, byte[] Bytes)>[3];
        var terminals = new TestTerminal[heard.Length];
        for (var i = 0; i < heard.Length; i++) (heard[i], terminals[i]) = ([], await TestTerminal.ComeAsync(hub, tail: SerialBegin.LongestTail));
        for (var step = 0; step < 150; step++)
        {
            await guest.WriteAsync(Encoding.UTF8.GetBytes($"step {step} – {new string((char)('a' + dice.Roll(26)), dice.Roll(900))} {dice.Roll(1_000_000)}\n"), dice.Roll(2) == 0);
            var which = dice.Roll(heard.Length);
            switch (dice.Roll(14))
            {
                case 0:
                    if (!kept) guest.Lag = dice.Roll(400);
                    guest.Cut();
                    break;
                case 1:
                    // It breaks, and comes back where it was.
                    await terminals[which].DisposeAsync();
                    heard[which].AddRange(terminals[which].Heard);
                    var (at, log) = (terminals[which].At, terminals[which].Log);
                    terminals[which] = await TestTerminal.ComeAsync(hub, at < 0 ? null : at, log, SerialBegin.LongestTail);
                    await terminals[which].IsToldAsync(1);
                    if (at >= 0) terminals[which].Places[0].ShouldBe((log!, at, 0L));
                    break;
                case 2:
                    terminals[which].Stall();
                    break;
                case 3:
                    terminals[which].Resume();
                    break;
                case 4:
                    // The line has been opened again by the time of the next step, or not.
                    await Eventually.BecomesAsync(() => Task.FromResult(guest.IsOpen), "the line is open");
                    break;
            }
        }

        await guest.WriteAsync("the end\n"u8.ToArray());
        var all = guest.Log;
        for (var i = 0; i < heard.Length; i++)
        {
            terminals[i].Resume();
            await Eventually.BecomesAsync(() => Task.FromResult(terminals[i].At == all.Length), $"terminal {i} is at the end", tell: () => Task.FromResult($"it is at {terminals[i].At} of {all.Length}"));
            await terminals[i].DisposeAsync();
            heard[i].AddRange(terminals[i].Heard);
            heard[i].SelectMany(h => h.Bytes).ToArray().AsSpan().SequenceEqual(all).ShouldBeTrue($"terminal {i}");
            ShouldBePlaced(heard[i], all);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_takes_nothing_holds_up_nobody_and_is_told_what_is_not_to_be_had_any_more(bool kept)
    {
        var guest = new ScriptedGuest(kept);
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        await using var slow = await TestTerminal.ComeAsync(hub);
        await using var quick = await TestTerminal.ComeAsync(hub);
        await guest.WriteAsync("first\n"u8.ToArray());
        await slow.HearsAsync("first\n");
        slow.Stall();
        var line = Encoding.ASCII.GetBytes(new string('x', 1023) + "\n");
        for (var i = 0; i < 3 * 1024; i++)
        {
            await guest.WriteAsync(line);
            if (i % 256 == 0) await Eventually.BecomesAsync(() => Task.FromResult(quick.At == guest.Log.Length), "the other is there");
        }

        await guest.WriteAsync("last\n"u8.ToArray());
        await quick.HearsAsync("last\n");
        slow.Resume();
        await slow.HearsAsync("last\n");
        var all = guest.Log;
        slow.At.ShouldBe(all.Length);
        ShouldBePlaced(slow.Heard, all);
        if (kept) slow.Places.Count.ShouldBe(1, "nothing is missing");
        else
        {
            slow.Places.Count.ShouldBe(2);
            (slow.Heard.Sum(h => h.Bytes.Length) + slow.Places[1].Missed).ShouldBe(all.Length);
        }
    }

    [Fact]
    public async Task What_is_typed_arrives_whole_also_behind_a_cut_and_not_from_those_who_only_look()
    {
        var guest = new ScriptedGuest(kept: true);
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        await using var one = await TestTerminal.ComeAsync(hub);
        await using var other = await TestTerminal.ComeAsync(hub, protocol: null);
        await using var looks = await TestTerminal.ComeAsync(hub, role: ViewerRole.View);
        await looks.TypeAsync("no ");
        await one.TypeAsync("""{"columns":80}""", WebSocketMessageType.Text);
        await other.TypeAsync("text ", WebSocketMessageType.Text);
        await Eventually.BecomesAsync(() => Task.FromResult(guest.Typed == "text "), "it is typed");
        guest.Away = true;
        guest.Cut();
        await Eventually.BecomesAsync(() => Task.FromResult(guest.Tried > 1), "it was looked for");
        await one.TypeAsync("behind ");
        guest.Away = false;
        await Eventually.BecomesAsync(() => Task.FromResult(guest.Typed == "text behind "), "it waited for the line", tell: () => Task.FromResult(guest.Typed));
        guest.Opened.ShouldBe(2);
        other.Places.ShouldBeEmpty("it did not ask for texts");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_is_heard_before_a_machine_that_went_off_lets_its_terminals_go(bool kept)
    {
        var guest = new ScriptedGuest(kept);
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        await using var terminal = await TestTerminal.ComeAsync(hub);
        await guest.WriteAsync("going down\n"u8.ToArray());
        await terminal.HearsAsync("going down\n");
        guest.Cut();
        await guest.WriteAsync("Power down.\n"u8.ToArray());
        guest.On = false;
        await terminal.IsClosedAsync();
        terminal.Text.ShouldBe("going down\nPower down.\n");
        (terminal.Closed, terminal.Why).ShouldBe((WebSocketCloseStatus.NormalClosure, "the machine is off"));
        hub.Join().ShouldBeNull();
    }

    [Fact]
    public async Task A_machine_that_is_off_is_refused_and_a_server_that_stops_says_so()
    {
        var guest = new ScriptedGuest(kept: true) { On = false };
        await using (var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System))
            await Should.ThrowAsync<RefusedException>(() => TestTerminal.ComeAsync(hub));
        guest.On = true;
        await using var next = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        await using var terminal = await TestTerminal.ComeAsync(next);
        await terminal.IsToldAsync(1);
        await terminal.StopServerAsync();
        await terminal.IsClosedAsync();
        (terminal.Closed, terminal.Why).ShouldBe((WebSocketCloseStatus.EndpointUnavailable, "the server is going away"));
    }

    [Fact]
    public async Task Nobody_is_at_it_and_the_line_is_closed_unless_somebody_comes_back_in_time()
    {
        var guest = new ScriptedGuest(kept: true);
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System) { Linger = TimeSpan.FromSeconds(2) };
        await (await TestTerminal.ComeAsync(hub)).DisposeAsync();
        await (await TestTerminal.ComeAsync(hub)).DisposeAsync();
        guest.Opened.ShouldBe(1);
        await Eventually.BecomesAsync(() => Task.FromResult(hub.IsOver && hub.Ended.IsCancellationRequested), "it is forgotten");
        hub.Join().ShouldBeNull();
    }

    [Fact]
    public async Task A_log_that_is_set_aside_is_read_to_its_end_and_the_next_from_its_beginning()
    {
        var guest = new ScriptedGuest(kept: true);
        await guest.WriteAsync("old\n"u8.ToArray());
        await using var hub = new SerialHub("m", guest.OpenAsync, guest.OpenLogAsync, TimeProvider.System);
        await using var terminal = await TestTerminal.ComeAsync(hub, tail: 100);
        await terminal.HearsAsync("old\n");
        guest.SetAside();
        await guest.WriteAsync("new\n"u8.ToArray());
        await terminal.HearsAsync("new\n");
        terminal.Text.ShouldBe("old\nnew\n");
        terminal.Places.ShouldBe([("log-0", 0L, null), ("log-1", 0L, 0L)]);
        await using var back = await TestTerminal.ComeAsync(hub, from: 2, log: "log-0", tail: 4);
        await back.HearsAsync("new\n");
        back.Places.ShouldBe([("log-1", 0L, null)], "the place is one in another log");
    }

    private static void ShouldBePlaced(List<(long At, byte[] Bytes)> heard, byte[] all)
    {
        foreach (var (at, bytes) in heard) all.AsSpan((int)at, bytes.Length).SequenceEqual(bytes).ShouldBeTrue($"what is said to be at {at}");
    }
}
