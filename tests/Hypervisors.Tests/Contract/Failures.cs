using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Each kind of failure that can be brought about, and that nothing else comes out of a driver.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task What_does_not_exist_is_NotFound_but_may_be_deleted()
    {
        var machine = Define();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StartAsync(machine, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StopAsync(machine.Id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.KillAsync(machine.Id, Cancellation));
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task What_does_not_exist_is_NotFound_to_every_facet()
    {
        var machine = Define();
        var id = machine.Id;
        var exec = new GuestExec("/bin/echo", [], null, TimeSpan.FromSeconds(1));
        List<(string Call, Func<Task>? Act)> calls =
        [
            ("screen", Driver.Screen is { } screen ? () => screen.OpenRfbAsync(id, Cancellation) : null),
            ("serial", Driver.Serial is { } serial ? () => serial.OpenAsync(id, Cancellation) : null),
            ("serial log", Driver.Serial is { } log ? () => log.OpenLogAsync(id, Cancellation) : null),
            ("exec", Driver.Guest is { } guest ? () => guest.ExecAsync(id, exec, Cancellation) : null),
            ("read", Driver.Guest is { } reader ? () => reader.ReadFileAsync(id, "/etc/passwd", 1, Cancellation) : null),
            ("write", Driver.Guest is { } writer ? () => writer.WriteFileAsync(id, "/tmp/x", new byte[1], Cancellation) : null),
            ("pause", Driver.Power is { } pause ? () => pause.PauseAsync(id, Cancellation) : null),
            ("resume", Driver.Power is { } resume ? () => resume.ResumeAsync(id, Cancellation) : null),
            ("suspend", Driver.Suspend is { } suspend ? () => suspend.SuspendAsync(id, Cancellation) : null),
            ("resize", Driver.Resize is { } resize ? () => resize.ResizeAsync(machine, Cancellation) : null),
            ("addresses", Driver.Addresses is { } addresses ? () => addresses.ListAsync(id, Cancellation) : null),
            ("autostart", Driver.Autostart is { } autostart ? () => autostart.GetAsync(id, Cancellation) : null),
            ("autostart on", Driver.Autostart is { } on ? () => on.SetAsync(id, true, Cancellation) : null),
            ("snapshots", Driver.Snapshots is { } list ? () => list.ListAsync(id, Cancellation) : null),
            ("snapshot", Driver.Snapshots is { } snapshot ? () => snapshot.CreateAsync(id, "s1", false, Cancellation) : null),
            ("restore", Driver.Snapshots is { } restore ? () => restore.RestoreAsync(id, "s1", null, Cancellation) : null),
            ("clone", Driver.Clones is { } clones ? () => clones.CloneAsync(id, Define(), Unheard, Cancellation) : null),
            ("adopt", Driver.Adoption is { } adoption ? () => adoption.AdoptAsync("warren-no-such-machine", id, Cancellation) : null),
        ];
        foreach (var (call, act) in calls)
        {
            if (act is not null) await ShouldFailAsync(HypervisorErrorKind.NotFound, act, call);
        }

        if (Driver.Guest is not null) (await Driver.Guest.PingAsync(id, Cancellation)).ShouldBeFalse();
        NothingIsLeft();
    }

    [Fact]
    public async Task A_creation_without_its_image_is_refused_and_leaves_nothing()
    {
        var machine = Define() with { Boot = Image with { Path = "/nowhere/at-all.img" } };
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine));
        failure.Message.ShouldContain("boot.path");
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_definition_that_cannot_be_is_Rejected_by_its_field_and_leaves_nothing()
    {
        var good = Define();
        (string Field, MachineDefinition Bad)[] all =
        [
            ("memoryMiB", good with { MemoryMiB = 1 }),
            ("cpus", good with { Cpus = 0 }),
            ("diskGiB", good with { DiskGiB = -1 }),
            ("macAddress", good with { MacAddress = "52:54:00:00:00:01,x=y" }),
            ("boot.format", good with { Boot = Image with { Format = "vmdk" } }),
            ("boot.path", good with { Boot = Image with { Path = "relative.img" } }),
            ("boot.path", good with { Boot = Image with { Path = Path.GetDirectoryName(Image.Path) + "/../x.img" } }),
            ("dataDisks.sizeGiB", good with { DataDisks = [new DataDisk(0)] }),
            ("dataDisks.existingFormat", good with { DataDisks = [new DataDisk(0, "/d.img", "auto")] }),
            ("forwards.hostPort", good with { Forwards = [new PortForward("tcp", "127.0.0.1", 0, 1)] }),
            ("forwards.hostAddress", good with { Forwards = [new PortForward("tcp", "localhost", 1, 1)] }),
        ];
        foreach (var (field, bad) in all)
        {
            (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(bad), field)).Message.ShouldStartWith(field + " ");
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.StartAsync(bad, Cancellation), field);
        }

        (await LookAsync(good)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_boot_format_that_is_not_of_the_kind_is_Rejected()
    {
        string[] formats = ["qcow2", "raw", "iso", "container"];
        var others = formats.Except(Kind.BootFormats).ToArray();
        Assert.SkipWhen(others.Length == 0, $"{Kind.Title} boots every format");
        foreach (var format in others)
        {
            var machine = Define() with { Boot = Image with { Format = format } };
            (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine), format)).Message.ShouldContain(format);
        }

        NothingIsLeft();
    }

    [Fact]
    public async Task An_option_that_is_not_known_and_one_with_control_characters_are_Rejected()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal) { ["warrenNoSuchOption"] = "1" };
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(Define() with { Options = options }));
        failure.Message.ShouldContain("warrenNoSuchOption");
        foreach (var option in Kind.MachineOptions)
        {
            options = new Dictionary<string, string>(StringComparer.Ordinal) { [option.Name] = "a\nb" };
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(Define() with { Options = options }), option.Name);
        }

        NothingIsLeft();
    }

    [Fact]
    public async Task A_network_where_none_is_offered_is_Rejected()
    {
        Assert.SkipWhen(Kind.NamedNetworks, $"{Kind.Title} offers networks");
        var machine = Define() with { Network = "default" };
        (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine))).Message.ShouldContain("network");
        NothingIsLeft();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_Busy_and_named()
    {
        Assert.SkipUnless(NoForwards is null, NoForwards ?? "");
        var port = FreePort();
        PortForward[] forwards = [new("tcp", "127.0.0.1", port, 22)];
        var first = await StartAsync(Define() with { Forwards = forwards });
        var second = await CreateAsync(Define() with { Forwards = forwards });
        var failure = await ShouldFailAsync(HypervisorErrorKind.Busy, () => Driver.StartAsync(second, Cancellation));
        failure.Message.ShouldContain($"{port}");
        (await LookAsync(second)).Power.ShouldBe(ObservedPower.Off);
        await Driver.KillAsync(first.Id, Cancellation);
        await Driver.StartAsync(second, Cancellation);
        (await LookAsync(second)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task An_engine_that_is_away_is_Unreachable_to_every_call_and_hangs_none()
    {
        Assert.SkipWhen(NewUnreachableDriver() is null, $"the driver {Driver.Kind} talks to no engine that could be away");
        var away = NewUnreachableDriver()!;
        var machine = Define();
        (string Call, Func<Task> Act)[] calls =
        [
            ("create", () => away.CreateAsync(machine, Unheard, Cancellation)),
            ("start", () => away.StartAsync(machine, Cancellation)),
            ("stop", () => away.StopAsync(machine.Id, Cancellation)),
            ("kill", () => away.KillAsync(machine.Id, Cancellation)),
            ("delete", () => away.DeleteAsync(machine.Id, Cancellation)),
            ("observe", () => away.ObserveAsync(machine.Id, Cancellation)),
            ("list", () => away.ListAsync(Cancellation)),
        ];
        foreach (var (call, act) in calls)
        {
            var began = TimeProvider.System.GetTimestamp();
            await ShouldFailAsync(HypervisorErrorKind.Unreachable, act, call);
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(30), call);
        }

        await ShouldNotProbeAsync(away, HypervisorErrorKind.Unreachable);
    }

    [Fact]
    public async Task A_program_that_is_not_installed_is_Unsupported_and_named()
    {
        Assert.SkipWhen(NewDriverWithoutItsProgram() is null, $"the driver {Driver.Kind} starts no program of its own");
        var without = NewDriverWithoutItsProgram()!;
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.Unsupported, () => without.StartAsync(machine, Cancellation));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        await ShouldNotProbeAsync(without, HypervisorErrorKind.Unsupported);
    }

    /// <summary>A probe says what is wrong: as a failure of that kind, or as a problem with its remedy.</summary>
    private static async Task ShouldNotProbeAsync(IHypervisor driver, HypervisorErrorKind kind)
    {
        try
        {
            (await driver.ProbeAsync(Cancellation)).Problems.ShouldNotBeEmpty();
        }
        catch (HypervisorException e)
        {
            e.Kind.ShouldBe(kind, e.Message);
        }
    }
}
