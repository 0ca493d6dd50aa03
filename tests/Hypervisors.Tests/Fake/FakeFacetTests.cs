using System.Text;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>What tests of the server lean on in the facets: failures by name of the call, a screen that changes, lines that close.</summary>
public sealed class FakeFacetTests
{
    private readonly ManualClock _clock = new();
    private readonly FakeHypervisor _fake;

    public FakeFacetTests() => _fake = new FakeHypervisor(new FakeOptions(), _clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static MachineDefinition Machine { get; } =
        DefinitionRulesTests.Good with { Boot = new BootMedium(typeof(FakeTests).Assembly.Location, "raw") };

    private static Dictionary<string, Func<IHypervisor, Task>> Calls { get; } = new(StringComparer.Ordinal)
    {
        ["Probe"] = h => h.ProbeAsync(Cancellation),
        ["Create"] = h => h.CreateAsync(Machine, new Progress<double>(), Cancellation),
        ["Start"] = h => h.StartAsync(Machine, Cancellation),
        ["Stop"] = h => h.StopAsync("a1", Cancellation),
        ["Kill"] = h => h.KillAsync("a1", Cancellation),
        ["Delete"] = h => h.DeleteAsync("a1", Cancellation),
        ["Observe"] = h => h.ObserveAsync("a1", Cancellation),
        ["List"] = h => h.ListAsync(Cancellation),
        ["OpenScreen"] = h => h.Screen!.OpenRfbAsync("a1", Cancellation),
        ["OpenSerial"] = h => h.Serial!.OpenAsync("a1", Cancellation),
        ["OpenSerialLog"] = h => h.Serial!.OpenLogAsync("a1", Cancellation),
        ["Ping"] = h => h.Guest!.PingAsync("a1", Cancellation),
        ["Exec"] = h => h.Guest!.ExecAsync("a1", new GuestExec("/bin/echo", [], null, TimeSpan.FromSeconds(1)), Cancellation),
        ["ReadFile"] = h => h.Guest!.ReadFileAsync("a1", "/x", 1, Cancellation),
        ["WriteFile"] = h => h.Guest!.WriteFileAsync("a1", "/x", new byte[1], Cancellation),
        ["Pause"] = h => h.Power!.PauseAsync("a1", Cancellation),
        ["Resume"] = h => h.Power!.ResumeAsync("a1", Cancellation),
        ["Resize"] = h => h.Resize!.ResizeAsync(Machine, Cancellation),
        ["ListAddresses"] = h => h.Addresses!.ListAsync("a1", Cancellation),
        ["GetAutostart"] = h => h.Autostart!.GetAsync("a1", Cancellation),
        ["SetAutostart"] = h => h.Autostart!.SetAsync("a1", true, Cancellation),
        ["ListSnapshots"] = h => h.Snapshots!.ListAsync("a1", Cancellation),
        ["CreateSnapshot"] = h => h.Snapshots!.CreateAsync("a1", "s1", false, Cancellation),
        ["RestoreSnapshot"] = h => h.Snapshots!.RestoreAsync("a1", "s1", null, Cancellation),
        ["DeleteSnapshot"] = h => h.Snapshots!.DeleteAsync("a1", "s1", Cancellation),
        ["Clone"] = h => h.Clones!.CloneAsync("a1", Machine with { Id = "a2" }, new Progress<double>(), Cancellation),
        ["Flatten"] = h => h.Clones!.FlattenAsync("a1", new Progress<double>(), Cancellation),
        ["Freeze"] = h => h.Forks!.FreezeAsync("a1", "w1", Cancellation),
        ["Fork"] = h => h.Forks!.ForkAsync("w1", Machine with { Id = "a2" }, Cancellation),
        ["Renew"] = h => h.Forks!.RenewAsync(Machine, new ForkIdentity("root", [], null), Cancellation),
        ["ListWarmImages"] = h => h.Forks!.ListAsync(Cancellation),
        ["DeleteWarmImage"] = h => h.Forks!.DeleteAsync("w1", Cancellation),
        ["Migrate"] = h => h.Migration!.MigrateAsync(Machine, new FakeHypervisor(new FakeOptions(), TimeProvider.System), new Progress<double>(), Cancellation),
        ["Adopt"] = h => h.Adoption!.AdoptAsync("stranger", "a1", Cancellation),
        ["Watch"] = h => h.Changes!.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync().AsTask(),
        ["ListNetworks"] = h => h.Networks!.ListAsync(Cancellation),
        ["CreateNetwork"] = h => h.Networks!.CreateAsync(new HostNetwork("n1", NetworkMode.Nat), Cancellation),
        ["DeleteNetwork"] = h => h.Networks!.DeleteAsync("n1", Cancellation),
        ["ListStorage"] = h => h.Storage!.ListAsync(Cancellation),
        ["CreateStorage"] = h => h.Storage!.CreateAsync("p1", "/nowhere", Cancellation),
        ["DeleteStorage"] = h => h.Storage!.DeleteAsync("p1", Cancellation),
    };

    public static TheoryData<string> Names { get; } = [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_planned_failure_comes_out_of_the_call_of_that_name_and_is_noted(string call)
    {
        _fake.Faults.Fail(call, HypervisorErrorKind.Busy);
        var failure = await Should.ThrowAsync<HypervisorException>(() => Calls[call](_fake));
        (failure.Kind, failure.Message).ShouldBe((HypervisorErrorKind.Busy, $"planned failure of {call}"));
        _fake.Faults.Calls.ShouldHaveSingleItem().Split(' ')[0].ShouldBe(call);
    }

    /// <summary>Facets of one engine only, which nothing above the drivers is tested with.</summary>
    private static readonly string[] s_notImitated = ["installation"];

    [Fact]
    public void No_facet_is_missing_and_every_name_is_in_the_documentation()
    {
        Capabilities.Of(_fake, null).Where(c => c.Value is not null).Select(c => c.Key).Except(s_notImitated).ShouldBeEmpty();
        var documented = File.ReadAllText(Path.ChangeExtension(typeof(FakeOptions).Assembly.Location, ".xml"));
        foreach (var call in Calls.Keys) documented.ShouldContain(call);
    }

    [Fact]
    public async Task The_picture_changes_with_time_and_with_a_key_and_a_waiting_viewer_is_told()
    {
        await StartAsync();
        await using var screen = await _fake.Screen!.OpenRfbAsync("a1", Cancellation);
        await ReadAsync(screen, 12);
        await screen.WriteAsync("RFB 003.008\n"u8.ToArray(), Cancellation);
        (await ReadAsync(screen, 2)).ShouldBe([1, 1]);
        await screen.WriteAsync((byte[])[1], Cancellation);
        await ReadAsync(screen, 4);
        await screen.WriteAsync((byte[])[1], Cancellation);
        var init = await ReadAsync(screen, 24);
        Encoding.UTF8.GetString(await ReadAsync(screen, init[23])).ShouldBe(Machine.Name);

        var first = await PictureAsync(screen, incremental: false);
        (await PictureAsync(screen, incremental: false)).ShouldBe(first);
        var waiting = PictureAsync(screen, incremental: true);
        waiting.IsCompleted.ShouldBeFalse("nothing has changed");
        await screen.WriteAsync((byte[])[4, 1, 0, 0, 0, 0, 0, 0x61], Cancellation);
        (await waiting).ShouldNotBe(first);
        _fake.Typed.On("a1").ShouldBe([0x61u]);
        var second = await PictureAsync(screen, incremental: false);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await PictureAsync(screen, incremental: true)).ShouldNotBe(second);
    }

    [Fact]
    public async Task What_is_typed_on_the_serial_line_comes_back_and_is_in_the_log()
    {
        await StartAsync();
        await using var line = await _fake.Serial!.OpenAsync("a1", Cancellation);
        using var reader = new StreamReader(line);
        (await reader.ReadLineAsync(Cancellation)).ShouldNotBeNull().ShouldContain("imitation");
        await line.WriteAsync("hello\n"u8.ToArray(), Cancellation);
        (await reader.ReadLineAsync(Cancellation)).ShouldBe("hello");
        using var log = new StreamReader(await _fake.Serial.OpenLogAsync("a1", Cancellation));
        (await log.ReadToEndAsync(Cancellation)).ShouldEndWith("hello\n");
    }

    [Fact]
    public async Task A_guest_that_shuts_down_by_the_clock_closes_its_lines_and_is_told()
    {
        var fake = new FakeHypervisor(new FakeOptions { ShutdownTakes = TimeSpan.FromSeconds(30) }, _clock);
        await fake.CreateAsync(Machine, new Progress<double>(), Cancellation);
        await fake.StartAsync(Machine, Cancellation);
        await using var line = await fake.Serial!.OpenAsync("a1", Cancellation);
        using var reader = new StreamReader(line);
        await reader.ReadLineAsync(Cancellation);
        await fake.StopAsync("a1", Cancellation);
        await using var changes = fake.Changes!.WatchAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var told = changes.MoveNextAsync().AsTask();
        var closed = reader.ReadLineAsync(Cancellation).AsTask();
        (told.IsCompleted, closed.IsCompleted).ShouldBe((false, false));
        // Whoever waits may only now be about to look at the clock: it goes on until both have seen it.
        await Eventually.TrueAsync("told and closed", () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            return Task.FromResult(told.IsCompleted && closed.IsCompleted);
        });
        (await told).ShouldBeTrue();
        changes.Current.ShouldBe("a1");
        (await closed).ShouldBeNull();
    }

    private async Task StartAsync()
    {
        await _fake.CreateAsync(Machine, new Progress<double>(), Cancellation);
        await _fake.StartAsync(Machine, Cancellation);
    }

    private static async Task<byte[]> PictureAsync(Stream screen, bool incremental)
    {
        await screen.WriteAsync((byte[])[3, (byte)(incremental ? 1 : 0), 0, 0, 0, 0, 320 >> 8, 320 & 255, 0, 200], Cancellation);
        (await ReadAsync(screen, 16)).ShouldBe([0, 0, 0, 1, 0, 0, 0, 0, 320 >> 8, 320 & 255, 0, 200, 0, 0, 0, 0]);
        return await ReadAsync(screen, 320 * 200 * 4);
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }
}
