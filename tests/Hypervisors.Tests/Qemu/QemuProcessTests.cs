using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu;

/// <summary>The process and its folder: privacy, ownership, recovery.</summary>
public abstract partial class QemuSuite
{
    private protected MachineFolder FolderOf(MachineDefinition machine) => new(Options.MachinesFolder, machine.Id);

    [Fact]
    public async Task The_process_is_private_confined_and_in_its_own_session()
    {
        var machine = await StartAsync();
        var folder = FolderOf(machine);
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        // Under a user of its own it makes its sockets there, and may not take away what is the server's.
        const UnixFileMode Shared = Own | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.StickyBit;
        File.GetUnixFileMode(folder.Path).ShouldBe(Environment.IsPrivilegedProcess ? Shared : Own);
        foreach (var file in Directory.EnumerateFiles(folder.Path))
        {
            var others = File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            others.ShouldBe(UnixFileMode.None, file);
        }

        foreach (var socket in new[] { folder.QmpSocket, folder.RfbSocket, folder.SerialSocket, folder.AgentSocket })
            File.Exists(socket).ShouldBeTrue(socket);
        var pid = (await LookAsync(machine)).ProcessId!.Value;
        var status = await File.ReadAllTextAsync($"/proc/{pid}/status", Cancellation);
        status.ShouldContain("Seccomp:\t2");
        if (Environment.IsPrivilegedProcess) status.ShouldContain($"Uid:\t{FileOwner.Of(folder.Path)!.Group}\t");
        var stat = await File.ReadAllTextAsync($"/proc/{pid}/stat", Cancellation);
        stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3].ShouldBe(pid.ToString(CultureInfo.InvariantCulture), "it leads its own session");
        HostProcesses.Arguments(pid).ShouldNotContain(a => a.Contains("-vnc", StringComparison.Ordinal) && a.Contains(':'));
    }

    [Fact]
    public async Task A_machine_outlives_the_SIGKILL_of_the_process_that_started_it()
    {
        var machine = Define();
        var host = Path.Combine(AppContext.BaseDirectory, "MachineHost.dll");
        var started = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = new CommandRunner().RunAsync(new Command(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", "exec", host)
        {
            Input = JsonSerializer.Serialize(Options) + "\n" + JsonSerializer.Serialize(machine) + "\n",
            Timeout = TimeSpan.FromSeconds(60),
            OnOutputLine = line => started.TrySetResult(int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)),
        }, Cancellation);
        await Task.WhenAny(started.Task, run);
        started.Task.IsCompleted.ShouldBeTrue(run.IsCompleted ? (await run).Error : "");
        var before = await LookAsync(machine);
        before.Power.ShouldBe(ObservedPower.On);

        using (var process = Process.GetProcessById(await started.Task)) process.Kill();
        (await run).ExitCode.ShouldBe(137, "SIGKILL");

        var after = await NewDriver().ObserveAsync(machine.Id, Cancellation);
        after.Power.ShouldBe(ObservedPower.On);
        after.ProcessId.ShouldBe(before.ProcessId);
        await Eventually.TrueAsync("the agent answers", () => Driver.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_right_after_the_spawn_is_recovered_by_adoption(bool pidFileLostToo)
    {
        var machine = await StartAsync();
        var pid = (await LookAsync(machine)).ProcessId;
        File.Delete(FolderOf(machine).ProcessRecord);
        if (pidFileLostToo) File.Delete(FolderOf(machine).PidFile);

        await NewDriver().StartAsync(machine, Cancellation);
        (await LookAsync(machine)).ProcessId.ShouldBe(pid);
        ProcessesOf(FolderOf(machine).Path).ShouldBe([pid!.Value]);
    }

    [Fact]
    public async Task A_recorded_pid_that_belongs_to_a_stranger_is_never_touched()
    {
        var machine = await CreateAsync();
        var stranger = Environment.ProcessId;
        var record = new ProcessRecord(stranger, HostProcesses.StartTicks(stranger)!.Value, HostProcesses.BootId, 0);
        PrivateFile.Write(FolderOf(machine).ProcessRecord, record);
        await File.WriteAllTextAsync(FolderOf(machine).PidFile, $"{stranger}\n", Cancellation);

        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        await Driver.KillAsync(machine.Id, Cancellation);
        HostProcesses.Kill(stranger, () => false).ShouldBeFalse();
        HostProcesses.StartTicks(stranger).ShouldNotBeNull();
        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_QEMU_that_went_by_itself_is_Off_with_its_last_words_and_starts_again()
    {
        var machine = await StartAsync();
        var pid = (await LookAsync(machine)).ProcessId!.Value;
        await Signal.SendAsync("TERM", pid);
        await ShouldBeAsync(machine, ObservedPower.Off);
        (await LookAsync(machine)).Detail.ShouldNotBeNull().ShouldContain("terminating on signal 15");
        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_frozen_QEMU_is_Unknown_within_seconds_and_can_still_be_killed()
    {
        var machine = await StartAsync();
        await Signal.SendAsync("STOP", (await LookAsync(machine)).ProcessId!.Value);
        var began = TimeProvider.System.GetTimestamp();
        var seen = await LookAsync(machine);
        seen.Power.ShouldBe(ObservedPower.Unknown);
        seen.Detail.ShouldNotBeNullOrEmpty();
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task Another_client_at_the_control_socket_delays_nobody_for_long()
    {
        var machine = await StartAsync();
        using (var intruder = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await intruder.ConnectAsync(new UnixDomainSocketEndPoint(FolderOf(machine).QmpSocket), Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Unknown);
        }

        await ShouldBeAsync(machine, ObservedPower.On);
    }

    [Fact]
    public async Task A_data_folder_too_deep_for_sockets_is_refused_by_name()
    {
        var deep = Path.Combine(Folder, new string('d', 100));
        var driver = new QemuHypervisor(Options with { MachinesFolder = deep }, TimeProvider.System);
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected,
            () => driver.CreateAsync(Define(), new Progress<double>(), Cancellation));
        failure.Message.ShouldContain(deep);
        failure.Message.ShouldContain("107");
        Directory.Exists(deep).ShouldBeFalse();
    }

    [Fact]
    public async Task Half_removed_machines_are_swept()
    {
        var machine = await CreateAsync();
        var left = Path.Combine(Options.MachinesFolder, ".deleting-old-1");
        Directory.CreateDirectory(left);
        (await Driver.ListAsync(Cancellation)).ShouldNotContain(m => m.NativeName.Contains("deleting"));
        await Driver.DeleteAsync(machine.Id, Cancellation);
        Directory.Exists(left).ShouldBeFalse();
    }
}
