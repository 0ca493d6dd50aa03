using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task The_screen_greets_in_RFB_also_a_new_driver_and_only_while_the_machine_runs()
    {
        Assert.SkipWhen(Driver.Screen is null, $"the driver {Driver.Kind} has no screen");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Screen.OpenRfbAsync(machine.Id, Cancellation));
        await Driver.StartAsync(machine, Cancellation);
        foreach (var driver in new[] { Driver, NewDriver() })
        {
            await using var screen = await driver.Screen!.OpenRfbAsync(machine.Id, Cancellation);
            var greeting = new byte[12];
            await screen.ReadExactlyAsync(greeting, Cancellation);
            Encoding.ASCII.GetString(greeting).ShouldBe("RFB 003.008\n");
        }
    }

    [Fact]
    public async Task The_serial_log_keeps_what_the_guest_wrote()
    {
        Assert.SkipWhen(Driver.Serial is null, $"the driver {Driver.Kind} has no serial line");
        var machine = await StartAsync();
        await Eventually.TrueAsync("the log has text", async () =>
        {
            await using var log = await Driver.Serial.OpenLogAsync(machine.Id, Cancellation);
            using var reader = new StreamReader(log);
            return (await reader.ReadToEndAsync(Cancellation)).Length > 0;
        }, SecondsToBoot);
    }

    [Fact]
    public async Task Programs_run_in_the_guest_and_files_go_there_and_back()
    {
        var machine = await StartWithAgentAsync();
        var guest = NewDriver().Guest!;
        var echo = await guest.ExecAsync(machine.Id, new GuestExec("/bin/echo", ["a b", "$HOME", "ü"], null, TimeSpan.FromSeconds(20)), Cancellation);
        echo.ExitCode.ShouldBe(0);
        Encoding.UTF8.GetString(echo.Output).ShouldBe("a b $HOME ü\n");
        var cat = await guest.ExecAsync(machine.Id, new GuestExec("/bin/cat", [], "in"u8.ToArray(), TimeSpan.FromSeconds(20)), Cancellation);
        Encoding.UTF8.GetString(cat.Output).ShouldBe("in");

        var content = new byte[200_000];
        for (var i = 0; i < content.Length; i++) content[i] = (byte)(i * 7 / 3);
        await guest.WriteFileAsync(machine.Id, "/tmp/round trip", content, Cancellation);
        (await guest.ReadFileAsync(machine.Id, "/tmp/round trip", 1 << 20, Cancellation)).ShouldBe(content);
        (await guest.ReadFileAsync(machine.Id, "/tmp/round trip", 1000, Cancellation)).ShouldBe(content[..1000]);
        await guest.WriteFileAsync(machine.Id, "/tmp/round trip", "short"u8.ToArray(), Cancellation);
        (await guest.ReadFileAsync(machine.Id, "/tmp/round trip", 1000, Cancellation)).ShouldBe("short"u8.ToArray());
        (await guest.ReadFileAsync(machine.Id, "/tmp/not there", 1000, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task Keys_are_added_once_to_a_guest_user()
    {
        const string One = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0xnpI8xZ6F2V1nQ8m3m8rX5c7b9d0e1f2g3h4i5j6k one@test";
        const string Two = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0xnpI8xZ6F2V1nQ8m3m8rX5c7b9d0e1f2g3h4i5j6k two@test";
        var machine = await StartWithAgentAsync();
        await Driver.Guest!.AddAuthorizedKeysAsync(machine.Id, "root", [One], Cancellation);
        await Driver.Guest.AddAuthorizedKeysAsync(machine.Id, "root", [One, Two], Cancellation);
        var file = Encoding.UTF8.GetString((await Driver.Guest.ReadFileAsync(machine.Id, "/root/.ssh/authorized_keys", 1 << 16, Cancellation))!);
        file.Split('\n').Count(l => l == One).ShouldBe(1);
        file.Split('\n').Count(l => l == Two).ShouldBe(1);
    }

    [Fact]
    public async Task The_guest_of_a_stopped_machine_is_not_there()
    {
        Assert.SkipWhen(Driver.Guest is null, $"the driver {Driver.Kind} has no guest facet");
        var machine = await CreateAsync();
        (await Driver.Guest.PingAsync(machine.Id, Cancellation)).ShouldBeFalse();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Guest.ExecAsync(
            machine.Id, new GuestExec("/bin/echo", [], null, TimeSpan.FromSeconds(1)), Cancellation));
    }

    [Fact]
    public async Task A_paused_machine_is_seen_as_paused_until_it_is_resumed()
    {
        Assert.SkipWhen(Driver.Power is null, $"the driver {Driver.Kind} cannot pause");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Power.PauseAsync(machine.Id, Cancellation));
        await Driver.StartAsync(machine, Cancellation);
        for (var i = 0; i < 2; i++) await Driver.Power.PauseAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Paused);
        for (var i = 0; i < 2; i++) await Driver.Power.ResumeAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await Driver.Power.PauseAsync(machine.Id, Cancellation);
        await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task Only_a_stopped_machine_is_resized_and_its_disk_only_grows()
    {
        Assert.SkipWhen(Driver.Resize is null, $"the driver {Driver.Kind} cannot resize");
        var machine = await StartAsync();
        var larger = machine with { DiskGiB = 3, MemoryMiB = 256, Cpus = 2 };
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.Resize.ResizeAsync(larger, Cancellation));
        await Driver.KillAsync(machine.Id, Cancellation);
        for (var i = 0; i < 2; i++) await Driver.Resize.ResizeAsync(larger, Cancellation);
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.Resize.ResizeAsync(machine, Cancellation));
        failure.Message.ShouldContain("diskGiB");
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Resize.ResizeAsync(Define(), Cancellation));
    }
}
