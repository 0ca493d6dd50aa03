using System.Net.Sockets;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Snapshots;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>What a QEMU that was taken over puts in the place of its files, and the server does not open.</summary>
public sealed class ItselfTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("wi").FullName;
    private readonly MachineFolder _folder;

    public ItselfTests()
    {
        _folder = new MachineFolder(_root, "a1");
        _folder.Make();
        File.WriteAllText(_folder.Definition, "{}");
        File.WriteAllText(Others, "a secret");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Others => Path.Combine(_root, "client.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("-s"), InlineData("-P"), InlineData("")]
    public async Task A_link_a_second_name_or_a_pipe_is_no_log_of_the_machine(string kind)
    {
        string[] make = kind.Length == 0 ? ["mkfifo", _folder.SerialLog] : ["ln", kind, Others, _folder.SerialLog];
        await new CommandRunner().RequireAsync(new Command(make[0], make[1..]), Cancellation);
        var refusal = await Should.ThrowAsync<HypervisorException>(() => Task.Run(async () => await new SerialLogFiles(_root).OpenAsync("a1", Cancellation)).WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        (refusal.Kind, refusal.Message).ShouldBe((HypervisorErrorKind.Rejected, $"the serial log is not read: {_folder.SerialLog} is no file of the machine: it leads elsewhere, or is another's"));
        Should.Throw<IOException>(() => FileOwner.CopyItself(_folder.SerialLog, Path.Combine(_root, "copy")));
        File.Exists(Path.Combine(_root, "copy")).ShouldBeFalse();
    }

    [Fact]
    public void Another_users_file_is_no_log_of_the_machine_and_its_own_users_is()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root gives machines users of their own");
        var user = UserRange.Default.First + 7;
        FileOwner.Give(_folder.Path, 0, user);
        File.WriteAllText(_folder.SerialLog, "log");
        FileOwner.Give(_folder.SerialLog, user, user);
        FileOwner.OpenItself(_folder.SerialLog, FileAccess.Read).Dispose();
        FileOwner.Give(_folder.SerialLog, user + 1, user);
        Should.Throw<IOException>(() => FileOwner.OpenItself(_folder.SerialLog, FileAccess.Read));
    }

    [Fact]
    public async Task A_pipe_holds_up_nobody_who_looks_for_what_disks_lie_upon()
    {
        await new CommandRunner().RequireAsync(new Command("mkfifo", _folder.SystemDisk), Cancellation);
        (await Task.Run(() => Qcow2Header.BackingOf(_folder.SystemDisk), Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation)).ShouldBeNull();
    }

    [Fact]
    public void Only_a_socket_is_closed_to_others()
    {
        var mode = File.GetUnixFileMode(Others) | UnixFileMode.GroupRead;
        File.SetUnixFileMode(Others, mode);
        File.CreateSymbolicLink(_folder.RfbSocket, Others);
        Should.Throw<IOException>(() => FileOwner.RestrictSocket(_folder.RfbSocket));
        File.GetUnixFileMode(Others).ShouldBe(mode);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_folder.QmpSocket));
        FileOwner.RestrictSocket(_folder.QmpSocket);
        File.GetUnixFileMode(_folder.QmpSocket).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
