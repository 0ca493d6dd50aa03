using System.Security.Cryptography;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.VirtualBox;
using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Probe;
using Warren.Hypervisors.VirtualBox.Snapshots;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>What VBoxManage says, of several versions, and what is made of it.</summary>
public sealed class VirtualBoxTextTests
{
    private const string Seven =
        "name=\"warren-m1\"\nencryption=\"disabled\"\nUUID=\"0818f9d9-fcb6-4b31-8057-60acfa76d559\"\nCfgFile=\"/vm/warren-m1/warren-m1.vbox\"\nmemory=192\nfirmware=\"BIOS\"\ncpus=2\n"
        + "VMState=\"poweroff\"\nVMStateChangeTime=\"2026-11-23T23:26:01.426000000\"\n\"SATA-0-0\"=\"/vm/a \\\"b\\\"/disk.vdi\"\n\"SATA-1-0\"=\"none\"\n"
        + "Forwarding(0)=\"w0,tcp,127.0.0.1,2222,,22\"\nrecording_screens=1\n rec_screen0\nrec_screen_enabled=\"on\"\n"
        + "description=\"hey \\\"q\\\"\nVMState=\\\"running\\\"\nlast\"\nGuestMemoryBalloon=0\n";

    private const string Tree =
        "SnapshotName=\"s1\"\nSnapshotUUID=\"b70d4493-1858-40ba-a1a0-1e6eed8297db\"\nSnapshotDescription=\"warren 2026-11-23T23:26:01.0000000Z disk\"\n"
        + "SnapshotName-1=\"by hand\"\nSnapshotUUID-1=\"bce818cf-fdd0-44ff-a9c8-8fd98c0b21ef\"\nSnapshotDescription-1=\"a \"b\"\nc\"\n"
        + "SnapshotName-1-1=\"s3\"\nSnapshotUUID-1-1=\"bce818cf-fdd0-44ff-a9c8-8fd98c0b21e0\"\nSnapshotDescription-1-1=\"warren 2026-11-23T23:27:01.0000000Z memory\"\n"
        + "SnapshotName-2=\"s2\"\nSnapshotUUID-2=\"7b4d05df-9a49-41dc-ad11-27efdaebadaa\"\nCurrentSnapshotName=\"s2\"\nCurrentSnapshotNode=\"SnapshotName-2\"\n";

    [Fact]
    public void Values_are_read_with_quotes_several_lines_and_keys_of_every_shape()
    {
        var info = new VmInfo(MachineReadable.Parse(Seven));
        (info.Name, info.Power, info.MemoryMiB, info.Cpus, info.Firmware).ShouldBe(("warren-m1", ObservedPower.Off, 192, 2, Firmware.Bios));
        (info.Medium(0), info.Medium(1), info.Medium(2)).ShouldBe(("/vm/a \"b\"/disk.vdi", null, null));
        info.Forwards.ShouldBe(["w0,tcp,127.0.0.1,2222,,22"]);
        info.Text("description").ShouldBe("hey \"q\"\nVMState=\"running\"\nlast");
        info.Text("GuestMemoryBalloon").ShouldBe("0");
        // The same from Windows, by a version that does not escape.
        var windows = new VmInfo(MachineReadable.Parse("name=\"a\"\r\nCfgFile=\"C:\\VMs\\a.vbox\"\r\nSnapFldr=\"C:\\\"\r\nVMState=\"saved\"\r\n"));
        (windows.SettingsFile, windows.Text("SnapFldr"), windows.Power).ShouldBe(("C:\\VMs\\a.vbox", "C:\\", ObservedPower.Suspended));
    }

    [Fact]
    public void A_description_never_speaks_for_the_tool()
    {
        var info = new VmInfo(MachineReadable.Parse("name=\"a\"\nVMState=\"poweroff\"\ndescription=\"x\"\nVMState=\"running\"\n"));
        info.Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public void Snapshots_of_ours_are_a_tree_and_those_of_others_are_passed_over()
    {
        var found = SnapshotList.Parse(Tree);
        found.Select(s => (s.Id, s.ParentId, s.Memory)).ShouldBe([("s1", null, false), ("s3", "s1", true)]);
        found[0].CreatedAt.ShouldBe(new DateTimeOffset(2026, 11, 23, 23, 26, 1, TimeSpan.Zero));
        (SnapshotList.ChildrenOf(Tree, "s1"), SnapshotList.ChildrenOf(Tree, "s3"), SnapshotList.ChildrenOf(Tree, "none")).ShouldBe((2, 0, 0));
        SnapshotList.Parse("").ShouldBeEmpty();
    }

    [Fact]
    public void Lists_of_machines_keep_names_with_quotes_and_braces_and_lost_ones()
    {
        const string Uuid = "2e16b1fc-675d-4a7a-a9a1-e89a8bde7874";
        VmList.Parse($"\"Ubuntu\" {{{Uuid}}}\n\"a\" {{b}}\" {{{Uuid}}}\r\n<inaccessible> {{{Uuid}}}\nrubbish\n\"\n\" {{x}}\n")
            .ShouldBe([("Ubuntu", Uuid), ("a\" {b}", Uuid), ("<inaccessible>", Uuid)]);
    }

    [Theory]
    [InlineData("VBOX_E_OBJECT_NOT_FOUND", HypervisorErrorKind.NotFound)]
    [InlineData("VBOX_E_INVALID_OBJECT_STATE", HypervisorErrorKind.Busy)]
    [InlineData("VBOX_E_OBJECT_IN_USE", HypervisorErrorKind.Busy)]
    [InlineData("VBOX_E_INVALID_VM_STATE", HypervisorErrorKind.Rejected)]
    [InlineData("E_ACCESSDENIED", HypervisorErrorKind.Rejected)]
    [InlineData("NS_ERROR_FAILURE", HypervisorErrorKind.Rejected)]
    [InlineData("NS_ERROR_CALL_FAILED", HypervisorErrorKind.Unreachable)]
    [InlineData("VBOX_E_NOT_SUPPORTED", HypervisorErrorKind.Unsupported)]
    public void A_failure_has_the_kind_of_its_code_and_the_words_for_people(string code, HypervisorErrorKind kind)
    {
        var failure = BoxAnswer.Failure(new CommandResult(1, "", $"VBoxManage: error: Could not do it\nVBoxManage: error: Details: code {code} (0x80bb0001), component X\nVBoxManage: error: Context: \"y\" at line 3\n"), "startvm m1");
        (failure.Kind, failure.Message).ShouldBe((kind, $"VBoxManage startvm m1: Could not do it ({code})"));
    }

    [Fact]
    public void Every_state_is_known_and_one_that_is_not_is_unknown_with_its_name()
    {
        VmStates.All.Count.ShouldBe(27);
        foreach (var (state, power) in VmStates.All) VmStates.PowerOf(state).ShouldBe(power);
        (VmStates.PowerOf("dreaming"), VmStates.PowerOf(null)).ShouldBe((ObservedPower.Unknown, ObservedPower.Unknown));
        VmStates.DetailOf("dreaming")!.ShouldContain("dreaming");
        VmStates.DetailOf("aborted").ShouldNotBeNull();
        VmStates.DetailOf("poweroff").ShouldBeNull();
    }

    [Fact]
    public void Versions_are_read_and_old_ones_refused()
    {
        BoxVersion.Parse("6.1.38r153438").Forward.ShouldBe("--natpf1");
        BoxVersion.Parse("7.2.22_Debianr175245").Forward.ShouldBe("--nat-pf1");
        foreach (var wrong in new[] { "5.2.44r1", "6.0.24r139119", "", "x", "7", "7.2.1 && id" })
            Should.Throw<HypervisorException>(() => BoxVersion.Parse(wrong), wrong).Kind.ShouldBe(HypervisorErrorKind.Unsupported);
    }

    [Fact]
    public void Addresses_of_both_shapes_are_read_without_those_that_lead_nowhere()
    {
        VirtualBoxAddresses.Read("/VirtualBox/GuestInfo/Net/0/V4/IP       = '10.0.2.15'   @ 2026\n/VirtualBox/GuestInfo/Net/1/V4/IP = '169.254.1.1' @ x\n/VirtualBox/GuestInfo/Net/2/V4/IP = '127.0.0.1' @ x\n")
            .ShouldBe(["10.0.2.15"]);
        VirtualBoxAddresses.Read("Name: /VirtualBox/GuestInfo/Net/0/V4/IP, value: 192.168.56.3, timestamp: 1, flags: \nName: /VirtualBox/GuestInfo/Net/1/V4/IP, value: 999.1.1.1, flags: \n")
            .ShouldBe(["192.168.56.3"]);
    }

    [Fact]
    public void Outputs_that_others_recorded_are_read()
    {
        var folder = Environment.GetEnvironmentVariable("WARREN_FIXTURES") is { Length: > 0 } given ? given : Path.Combine(Path.GetDirectoryName(TinyImage.Clone())!, "shared", "fixtures");
        folder = Path.Combine(folder, "virtualbox");
        Assert.SkipUnless(Directory.Exists(folder), $"there are no recorded outputs in {folder}; WARREN_FIXTURES names their folder");
        var machines = Directory.GetFiles(folder, "*showvminfo*.out").Select(f => new VmInfo(MachineReadable.Parse(File.ReadAllText(f)))).Where(i => i.Uuid is not null).ToArray();
        machines.ShouldNotBeEmpty();
        machines.ShouldAllBe(m => m.Name.Length > 0 && m.Power != ObservedPower.Unknown && m.MemoryMiB > 0 && m.Cpus > 0 && m.SettingsFile!.EndsWith(".vbox"));
        var list = Directory.GetFiles(folder, "*list*vms*.out");
        list.ShouldNotBeEmpty();
        foreach (var file in list) VmList.Parse(File.ReadAllText(file)).Count.ShouldBe(2, file);
    }

    [Fact]
    public void Mutated_answers_are_read_or_refused_by_the_one_declared_exception()
    {
        const int Rounds = 3000;
        string[] seeds = [Seven, Tree, "\"Ubuntu\" {2e16b1fc-675d-4a7a-a9a1-e89a8bde7874}\n", "7.2.22_Debianr175245\n", "Memory size: 24105 MByte\n", "Name: /VirtualBox/GuestInfo/Net/0/V4/IP, value: 10.0.2.15\n"];
        const string Alphabet = "\"\\\n\r={}()[]<> -'0123456789azVMState\0ü\u2028";
        Action<string>[] readers =
        [
            t => _ = new VmInfo(MachineReadable.Parse(t)) is { Power: var p, MemoryMiB: var m, Cpus: var c } && p.ToString().Length + m + c > 0,
            t => SnapshotList.Parse(t), t => SnapshotList.ChildrenOf(t, "s1"), t => VmList.Parse(t), t => BoxVersion.Parse(t), t => BoxProbe.MemoryMiB(t), t => VirtualBoxAddresses.Read(t),
            t => BoxAnswer.Failure(new CommandResult(1, t, t), "x"),
        ];
        for (var round = 0; round < Rounds; round++)
        {
            var text = seeds[round % seeds.Length].ToCharArray().ToList();
            for (var i = RandomNumberGenerator.GetInt32(1, 12); i > 0; i--)
            {
                var at = RandomNumberGenerator.GetInt32(text.Count + 1);
                switch (RandomNumberGenerator.GetInt32(4))
                {
                    case 0: text.Insert(at, Alphabet[RandomNumberGenerator.GetInt32(Alphabet.Length)]); break;
                    case 1: if (at < text.Count) text.RemoveAt(at); break;
                    case 2: if (at < text.Count) text[at] = Alphabet[RandomNumberGenerator.GetInt32(Alphabet.Length)]; break;
                    default: text.RemoveRange(at, RandomNumberGenerator.GetInt32(text.Count - at + 1)); break;
                }
            }

            var mutated = new string([.. text]);
            foreach (var read in readers)
            {
                try
                {
                    read(mutated);
                }
                catch (HypervisorException)
                {
                    // Declared.
                }
            }
        }
    }

    [Fact]
    public void Words_for_ssh_reach_the_other_shell_as_they_are()
    {
        SshTarget.Quote("it's $(id)").ShouldBe(@"'it'\''s $(id)'");
        var line = new SshTarget("host", "me", 2222).Remote("VBoxManage", ["createvm", "--name", "a; id"]);
        (line.Program, string.Join('|', line.Arguments)).ShouldBe(("ssh", "-T|-o|BatchMode=yes|-o|ConnectTimeout=10|-l|me|-p|2222|--|host|'VBoxManage' 'createvm' '--name' 'a; id'"));
        SshTarget.Parse("ssh", "me@vm.example:22").ShouldBe(new SshTarget("vm.example", "me", 22));
        foreach (var wrong in new[] { "", "-oProxyCommand=id", "a b", "me@", "h:0", "h:70000", "h;id", "h\n", "a@b@c", "$(id)" })
            Should.Throw<HypervisorException>(() => SshTarget.Parse("ssh", wrong), wrong).Message.ShouldStartWith("settings.ssh ");
    }

    [Fact]
    public async Task The_quoting_is_what_a_real_shell_understands()
    {
        foreach (var word in new[] { "it's", "a b", "$(id)`id`${HOME}", "\"q\" \\n", "new\nline", "-x", "", "日本 *?[x]" })
        {
            var said = await new CommandRunner().RequireAsync(new Command("sh", "-c", "printf '<%s>' " + SshTarget.Quote(word)), TestContext.Current.CancellationToken);
            said.TrimEnd('\n').ShouldBe($"<{word}>");
        }
    }
}
