using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Programs_run_in_the_guest_files_go_there_and_back_and_keys_are_added_once()
    {
        var machine = await StartWithAgentAsync();
        var guest = NewDriver().Guest!;
        string[] arguments = ["a b", "$HOME", "ü", "", "\"q\" 'q'", "`id`;", "two\nlines", "日本"];
        var echo = await guest.ExecAsync(machine.Id, new GuestExec("/bin/echo", arguments, null, TimeSpan.FromSeconds(20)), Cancellation);
        echo.ExitCode.ShouldBe(0);
        Encoding.UTF8.GetString(echo.Output).ShouldBe(string.Join(' ', arguments) + "\n");
        var cat = await guest.ExecAsync(machine.Id, new GuestExec("/bin/cat", [], "in\0ü"u8.ToArray(), TimeSpan.FromSeconds(20)), Cancellation);
        cat.Output.ShouldBe("in\0ü"u8.ToArray());

        var content = new byte[200_000];
        for (var i = 0; i < content.Length; i++) content[i] = (byte)(i * 7 / 3);
        foreach (var path in new[] { "/tmp/round trip", "/tmp/it's \"ü\" $(id)" })
        {
            await guest.WriteFileAsync(machine.Id, path, content, Cancellation);
            (await guest.ReadFileAsync(machine.Id, path, 1 << 20, Cancellation)).ShouldBe(content);
            (await guest.ReadFileAsync(machine.Id, path, 1000, Cancellation)).ShouldBe(content[..1000]);
            await guest.WriteFileAsync(machine.Id, path, "short"u8.ToArray(), Cancellation);
            (await guest.ReadFileAsync(machine.Id, path, 1000, Cancellation)).ShouldBe("short"u8.ToArray());
        }

        (await guest.ReadFileAsync(machine.Id, "/tmp/not there", 1000, Cancellation)).ShouldBeNull();
        await KeysAreAddedOnceAsync(machine);
    }

    private async Task KeysAreAddedOnceAsync(MachineDefinition machine)
    {
        const string One = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0xnpI8xZ6F2V1nQ8m3m8rX5c7b9d0e1f2g3h4i5j6k one@test";
        const string Two = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0xnpI8xZ6F2V1nQ8m3m8rX5c7b9d0e1f2g3h4i5j6k two@test";
        await Driver.Guest!.AddAuthorizedKeysAsync(machine.Id, "root", [One], Cancellation);
        await Driver.Guest.AddAuthorizedKeysAsync(machine.Id, "root", [One, Two], Cancellation);
        var file = Encoding.UTF8.GetString((await Driver.Guest.ReadFileAsync(machine.Id, "/root/.ssh/authorized_keys", 1 << 16, Cancellation))!);
        file.Split('\n').Count(l => l == One).ShouldBe(1);
        file.Split('\n').Count(l => l == Two).ShouldBe(1);
    }

    [Fact]
    public async Task The_guest_of_a_stopped_machine_is_not_there()
    {
        var guest = Need(Driver.Guest, "guest agent");
        var machine = await CreateAsync();
        (await guest.PingAsync(machine.Id, Cancellation)).ShouldBeFalse();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => guest.ExecAsync(
            machine.Id, new GuestExec("/bin/echo", [], null, TimeSpan.FromSeconds(1)), Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => guest.ReadFileAsync(machine.Id, "/etc/passwd", 1, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => guest.WriteFileAsync(machine.Id, "/tmp/x", new byte[1], Cancellation));
    }
}
