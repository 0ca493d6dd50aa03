using System.Net.Sockets;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;

namespace Hypervisors.Tests.Docker;

/// <summary>What a machine in a container does: screen, shutdown, ports, disks, seed.</summary>
public sealed partial class DockerContract
{
    /// <summary>What needs a booted guest, of one boot: under emulation each costs many seconds.</summary>
    [Fact]
    public async Task A_booted_guest_has_a_screen_a_forward_and_remote_desktop_and_is_powered_down_by_ACPI()
    {
        var port = FreePort();
        var machine = await StartAsync(Define() with { Forwards = [new("tcp", "127.0.0.1", port, 22)] });
        await using (var shell = await SerialShell.OpenAsync(Driver, machine.Id, SecondsToBoot))
            await RemoteDesktopCountsWhenItAnswersAsync(machine, shell);
        await ForwardLeadsToTheGuestAsync(machine, port);
        await ScreenShowsPixelsAndTakesKeysAsync(machine);

        await Driver.StopAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On, "it returns at once; the guest takes its time");
        await ShouldBeAsync(machine, ObservedPower.Off, SecondsToBoot);
        var log = await LogAsync(machine);
        log.ShouldContain("reboot: Power down", customMessage: "the guest's own kernel has switched off");
        log.ShouldContain("> The machine has stopped");
        (await LookAsync(machine)).Detail.ShouldBeNull();
    }

    private async Task ScreenShowsPixelsAndTakesKeysAsync(MachineDefinition machine)
    {
        await using var screen = await Driver.Screen!.OpenRfbAsync(machine.Id, Cancellation);
        var rfb = await RfbSession.OpenAsync(screen, Cancellation);
        var before = await rfb.PictureAsync(Cancellation);
        before.Distinct().Count().ShouldBeGreaterThan(1, "text on a background");
        foreach (var key in "echo warren\r") await rfb.PressAsync(key, Cancellation);
        await Eventually.TrueAsync("the picture changes with what is typed", async () =>
            !(await rfb.PictureAsync(Cancellation)).AsSpan().SequenceEqual(before));
    }

    private async Task ForwardLeadsToTheGuestAsync(MachineDefinition machine, int port)
    {
        await Eventually.TrueAsync("an SSH server greets", async () => (await GreetingAsync(port)).StartsWith("SSH-2.0-", StringComparison.Ordinal), SecondsToBoot);
        var inspected = await InspectAsync(machine);
        var bindings = inspected["NetworkSettings"]!["Ports"]!.AsObject().SelectMany(p => p.Value?.AsArray() ?? []).ToArray();
        bindings.Length.ShouldBe(3, "forward, screen, remote desktop");
        bindings.ShouldAllBe(b => (string)b!["HostIp"]! == "127.0.0.1");
        ((int)inspected["Config"]!["StopTimeout"]!).ShouldBe(60);
        (await Driver.Addresses!.ListAsync(machine.Id, Cancellation)).ShouldHaveSingleItem().ShouldStartWith("10.213.");
    }

    private async Task RemoteDesktopCountsWhenItAnswersAsync(MachineDefinition machine, SerialShell shell)
    {
        var before = await Driver.Installation!.LookAsync(machine.Id, Cancellation);
        before.RemoteDesktop.ShouldBeFalse("the port is published, and nothing answers in the guest");
        before.RemoteDesktopAddress!.ShouldStartWith("127.0.0.1:");
        before.Step!.ShouldStartWith("Starting the machine: 192M");

        // X.224 connection confirm, as a Windows guest gives it.
        await shell.RunAsync(@"(while true; do printf '\003\000\000\023\016\320\000\000\022\064\000\002\017\010\000\002\000\000\000' | nc -l -p 3389; done > /dev/null 2>&1 &)");
        await Eventually.TrueAsync("remote desktop answers", async () => (await Driver.Installation.LookAsync(machine.Id, Cancellation)).RemoteDesktop);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_seed_and_further_disks_reach_the_guest_and_an_ephemeral_one_forgets()
    {
        var seed = new CloudInitSeed("one", "instance-id: one\nlocal-hostname: seeded\n", "#cloud-config\n{}\n", "");
        var existing = Path.Combine(engine.Folder, "disk with , and ' in its name");
        await File.WriteAllBytesAsync(existing, [.. "kept"u8, .. new byte[1 << 20]], Cancellation);
        var machine = await StartAsync(Define() with
        {
            Seed = seed,
            Ephemeral = true,
            DataDisks = [new DataDisk(2), new DataDisk(0, existing, "raw")],
        });
        await using (var shell = await SerialShell.OpenAsync(Driver, machine.Id, SecondsToBoot))
        {
            await Eventually.TrueAsync("the guest has its name", async () => await shell.RunAsync("hostname") == "seeded", SecondsToBoot);
            (await shell.RunAsync("cat /sys/block/vdb/size")).ShouldBe("4194304", "2 GiB in sectors");
            (await shell.RunAsync("head -c 4 /dev/vdc")).ShouldBe("kept");
            await shell.RunAsync("echo gone | dd of=/dev/vda bs=512 seek=1000000 conv=fsync 2> /dev/null");
            await shell.RunAsync("echo gone | dd of=/dev/vdc bs=512 conv=fsync,notrunc 2> /dev/null");
            (await shell.RunAsync("head -c 4 /dev/vdc")).ShouldBe("gone");
        }

        await Driver.KillAsync(machine.Id, Cancellation);
        await Driver.StartAsync(machine with { Seed = seed with { InstanceId = "two", MetaData = "instance-id: two\nlocal-hostname: reseeded\n" } }, Cancellation);
        await using (var shell = await SerialShell.OpenAsync(Driver, machine.Id, SecondsToBoot))
        {
            (await shell.RunAsync("dd if=/dev/vda bs=512 skip=1000000 count=1 2> /dev/null | head -c 4 | tr '\\0' .")).ShouldBe("....");
            (await shell.RunAsync("head -c 4 /dev/vdc")).ShouldBe("kept");
            await Eventually.TrueAsync("the guest has its new name", async () => await shell.RunAsync("hostname") == "reseeded", SecondsToBoot);
        }

        (await File.ReadAllBytesAsync(existing, Cancellation))[..4].ShouldBe("kept"u8.ToArray());
        Directory.Exists(Path.Combine(engine.Folder, "server", "seeds", machine.Id)).ShouldBeFalse("a seed may hold secrets");
    }

    [Fact]
    public async Task Autostart_is_kept_and_survives_a_new_container()
    {
        var machine = await CreateAsync();
        (await Driver.Autostart!.GetAsync(machine.Id, Cancellation)).ShouldBeFalse();
        for (var i = 0; i < 2; i++) await Driver.Autostart.SetAsync(machine.Id, true, Cancellation);
        await Driver.Resize!.ResizeAsync(machine with { MemoryMiB = 256 }, Cancellation);
        (await NewDriver().Autostart!.GetAsync(machine.Id, Cancellation)).ShouldBeTrue();
        await Driver.Autostart.SetAsync(machine.Id, false, Cancellation);
        (await Driver.Autostart.GetAsync(machine.Id, Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task Changes_are_told_as_they_happen()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        enough.CancelAfter(TimeSpan.FromSeconds(60));
        var changes = Driver.Changes!.WatchAsync(enough.Token).GetAsyncEnumerator(enough.Token);
        var next = changes.MoveNextAsync().AsTask();
        var machine = await CreateAsync();
        (await next).ShouldBeTrue();
        changes.Current.ShouldBe(machine.Id);
        next = changes.MoveNextAsync().AsTask();
        await Driver.StartAsync(machine, Cancellation);
        (await next).ShouldBeTrue();
        changes.Current.ShouldBe(machine.Id);
        next = changes.MoveNextAsync().AsTask();
        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await next);
        await changes.DisposeAsync();
    }

    [Fact]
    public async Task The_probe_has_tried_acceleration_and_network_on_the_engines_host()
    {
        var driver = new DockerHypervisor(Options with { Accelerator = "auto", Network = "auto", Folder = Path.Combine(engine.Folder, "probed") }, TimeProvider.System);
        var probe = await driver.ProbeAsync(Cancellation);
        probe.AcceleratorReason.ShouldMatch("a probe guest booted with KVM in a container|no guest boots with KVM in a container: .+");
        probe.Accelerator.ShouldBe(probe.AcceleratorReason.StartsWith("no guest", StringComparison.Ordinal) ? "tcg" : "kvm");
        probe.Facts["network"].ShouldMatch("nat: a tap device was made in a container|user mode: no tap device can be made in a container: .+");
        probe.Facts["api"].ShouldMatch(@"^1\.\d+$");
        probe.Missing.ShouldBeEmpty();
        TestContext.Current.SendDiagnosticMessage("{0}; {1}", probe.AcceleratorReason, probe.Facts["network"]);
        // Its verdict is what machines are made with.
        var machine = Define();
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        var devices = (await InspectAsync(machine))["HostConfig"]!["Devices"]!.AsArray().Select(d => (string)d!["PathOnHost"]!).ToArray();
        devices.Contains("/dev/kvm").ShouldBe(probe.Accelerator == "kvm");
        devices.Contains("/dev/net/tun").ShouldBe(probe.Facts["network"].StartsWith("nat", StringComparison.Ordinal));
    }

    private async Task<string> LogAsync(MachineDefinition machine)
    {
        await using var log = await Driver.Serial!.OpenLogAsync(machine.Id, Cancellation);
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync(Cancellation);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> InspectAsync(MachineDefinition machine)
    {
        using var client = engine.Client();
        return (await client.GetAsync($"/containers/warren-{machine.Id}/json", Cancellation)).Require("inspect");
    }

    private static async Task<string> GreetingAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, Cancellation);
            using var reader = new StreamReader(client.GetStream());
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(5));
            return await reader.ReadLineAsync(patience.Token) ?? "";
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            Cancellation.ThrowIfCancellationRequested();
            return "";
        }
    }
}
