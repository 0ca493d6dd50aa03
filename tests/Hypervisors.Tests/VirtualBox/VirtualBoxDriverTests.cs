using System.Net;
using System.Net.Sockets;
using Hypervisors.Tests.Qemu;
using Hypervisors.Tests.VirtualBox.Imitation;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.VirtualBox;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>What the driver says to VBoxManage, and what it does when that fails.</summary>
public sealed class VirtualBoxDriverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-vbox-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private VirtualBoxOptions Options => new() { Host = "test", Staging = Path.Combine(_folder, "staging"), Folder = Path.Combine(_folder, "host"), SharedFolders = [Path.Combine(_folder, "share")] };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("6.1.38r153438")]
    [InlineData("7.0.20r163906")]
    [InlineData("7.2.22_Debianr175245")]
    public async Task Every_option_is_said_in_the_words_of_its_version_and_each_value_is_a_word_of_its_own(string version)
    {
        var (box, machine) = (new ImitatedBox(version), await DefineAsync());
        var driver = New(box);
        var shared = Directory.CreateDirectory(Path.Combine(_folder, "share", "a b;$(id) --hostpath='x\"")).FullName;
        machine = machine with
        {
            Forwards = [new PortForward("udp", "127.0.0.1", 12001, 53)],
            DataDisks = [new DataDisk(2)],
            Options = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["videoMemoryMiB"] = "64", ["graphics3d"] = "true", ["clipboard"] = "bidirectional", ["dragAndDrop"] = "hosttoguest",
                ["sharedFolder"] = shared, ["privateNetwork"] = "lab", ["remoteDesktopPort"] = "12002", ["guestType"] = "Debian_64", ["frontend"] = "gui",
            },
        };
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await driver.StartAsync(machine, Cancellation);
        var made = box.Machines.ShouldHaveSingleItem();
        made.Forwards.ShouldBe(["w0,udp,127.0.0.1,12001,,53"]);
        made.Shared.ShouldBe(new Dictionary<string, string> { ["warren"] = shared });
        (made.Settings["vram"], made.Settings["intnet2"], made.Settings["accelerate3d"], made.Settings["vrdeport"], made.Settings["vrdeaddress"]).ShouldBe(("64", "lab", "on", "12002", "127.0.0.1"));
        made.Slots.Keys.ShouldBe([0, 3]);
        box.Calls.Select(c => string.Join('|', c)).ShouldContain("startvm|warren-m1|--type|gui");
        // In place of what it was, at the next start.
        await driver.KillAsync(machine.Id, Cancellation);
        await driver.StartAsync(machine with { Forwards = [], Options = new Dictionary<string, string>(StringComparer.Ordinal) }, Cancellation);
        made.Forwards.ShouldBeEmpty();
        made.Shared.ShouldBeEmpty();
        (made.Settings["nic2"], made.Settings["vrde"]).ShouldBe(("none", "off"));
    }

    [Fact]
    public async Task Nothing_of_a_seed_is_in_any_argument()
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        machine = machine with { Seed = new CloudInitSeed("i-1", "meta", "#cloud-config\npassword: hunter2\n", "vendor") };
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        box.Calls.SelectMany(c => c).ShouldAllBe(word => !word.Contains("hunter2"));
        box.Machines.Single().Slots[2].Type.ShouldBe("dvddrive");
        Directory.EnumerateFileSystemEntries(Options.Staging).ShouldBeEmpty();
        box.Media.Count.ShouldBe(1);
        await New(box).DeleteAsync(machine.Id, Cancellation);
        box.Media.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("videoMemoryMiB", "0")]
    [InlineData("videoMemoryMiB", "16 --vrde on")]
    [InlineData("graphics3d", "yes")]
    [InlineData("clipboard", "--help")]
    [InlineData("dragAndDrop", "")]
    [InlineData("guestType", "Linux_64 --register")]
    [InlineData("privateNetwork", "a,b")]
    [InlineData("remoteDesktopPort", "0.0.0.0:3389")]
    [InlineData("frontend", "sdl")]
    [InlineData("sharedFolder", "/etc")]
    [InlineData("sharedFolder", "../share")]
    public async Task A_hostile_option_is_Rejected_before_anything_is_said(string name, string value)
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        machine = machine with { Options = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } };
        (await Should.ThrowAsync<HypervisorException>(() => New(box).CreateAsync(machine, new Progress<double>(), Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Rejected);
        box.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("createvm")]
    [InlineData("storagectl")]
    [InlineData("storageattach")]
    [InlineData("modifymedium")]
    [InlineData("modifyvm")]
    [InlineData("setextradata")]
    public async Task A_creation_that_fails_at_any_step_leaves_nothing_and_can_be_made_again(string step)
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        box.Faults[step] = new CommandResult(1, "", "VBoxManage: error: no\nVBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component X\n");
        var failure = await Should.ThrowAsync<HypervisorException>(() => New(box).CreateAsync(machine, new Progress<double>(), Cancellation));
        (failure.Kind, box.Machines.Count()).ShouldBe((HypervisorErrorKind.Rejected, 0));
        Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "host", "machines")).ShouldBeEmpty();
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        (await New(box).ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }

    [Theory]
    [InlineData("createvm")]
    [InlineData("storageattach")]
    [InlineData("showvminfo")]
    public async Task A_call_that_meets_the_service_while_it_ends_is_made_again(string step)
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        box.Faults[step] = new CommandResult(
            1, "", "VBoxManage: error: Failed to create the VirtualBox object!\nVBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)\n");
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        (await New(box).ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
        box.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_that_is_just_being_started_is_looked_at_again()
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        box.Faults["showvminfo"] = new CommandResult(1, "", "VBoxManage: error: The object is not ready\nVBoxManage: error: Details: code E_ACCESSDENIED (0x80070005), component X\n");
        (await New(box).ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_Busy_and_named()
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        machine = machine with { Forwards = [new PortForward("tcp", "127.0.0.1", port, 22)] };
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        var failure = await Should.ThrowAsync<HypervisorException>(() => New(box).StartAsync(machine, Cancellation));
        failure.Kind.ShouldBe(HypervisorErrorKind.Busy);
        failure.Message.ShouldContain($"{port}");
    }

    [Fact]
    public async Task A_machine_of_another_warren_on_the_same_host_is_foreign()
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        await New(box).CreateAsync(machine, new Progress<double>(), Cancellation);
        var other = new VirtualBoxHypervisor(Options with { Host = "other", Folder = Path.Combine(_folder, "another") }, box, TimeProvider.System);
        (await other.ListAsync(Cancellation)).ShouldHaveSingleItem().MachineId.ShouldBeNull();
        (await other.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
        await other.DeleteAsync(machine.Id, Cancellation);
        (await New(box).ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task A_snapshot_with_memory_runs_on_and_one_on_which_several_stand_stays()
    {
        var (box, machine) = (new ImitatedBox("7.2.22r1"), await DefineAsync());
        var driver = New(box);
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await driver.StartAsync(machine, Cancellation);
        await driver.Snapshots!.CreateAsync(machine.Id, "s1", true, Cancellation);
        foreach (var child in new[] { "s2", "s3" })
        {
            await driver.Snapshots.RestoreAsync(machine.Id, "s1", null, Cancellation);
            (await driver.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
            await driver.Snapshots.CreateAsync(machine.Id, child, true, Cancellation);
        }

        (await driver.Snapshots.ListAsync(machine.Id, Cancellation)).Select(s => (s.Id, s.ParentId, s.Memory)).ShouldBe([("s1", null, true), ("s2", "s1", true), ("s3", "s1", true)]);
        (await Should.ThrowAsync<HypervisorException>(() => driver.Snapshots.DeleteAsync(machine.Id, "s1", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Rejected);
        (await Should.ThrowAsync<HypervisorException>(() => driver.Snapshots.CreateAsync(machine.Id, "s4", false, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Unsupported);
    }

    private VirtualBoxHypervisor New(ImitatedBox box) => new(Options, box, TimeProvider.System);

    private static async Task<MachineDefinition> DefineAsync() => new()
    {
        Id = "m1", Name = "one", MemoryMiB = 192, Cpus = 1, DiskGiB = 1, MacAddress = "52:54:00:12:00:01", Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"),
    };
}
