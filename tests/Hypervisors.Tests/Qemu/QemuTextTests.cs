using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Probe;

namespace Hypervisors.Tests.Qemu;

/// <summary>Pure functions over what QEMU 7.2 and 10.0 and the kernel really print.</summary>
public sealed class QemuTextTests
{
    [Theory]
    [InlineData(HypervisorErrorKind.Busy, "port 18080 (tcp, 127.0.0.1)",
        "2026-11-21T16:05:44.123456Z qemu-system-x86_64: -netdev user,id=net0,hostfwd=tcp:127.0.0.1:18080-10.0.2.15:80: Could not set up host forwarding rule 'tcp:127.0.0.1:18080-10.0.2.15:80'\n")]
    [InlineData(HypervisorErrorKind.Busy, "/data/d.qcow2",
        "qemu-system-x86_64: -blockdev {}: Failed to get \"write\" lock\nIs another process using the image [/data/d.qcow2]?\n")]
    [InlineData(HypervisorErrorKind.Busy, "being started",
        "qemu-system-x86_64: cannot create PID file: Cannot lock pid file: Resource temporarily unavailable\n")]
    [InlineData(HypervisorErrorKind.Busy, "memory",
        "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\n")]
    [InlineData(HypervisorErrorKind.Rejected, "-device nonsense: 'nonsense' is not a valid device model name",
        "qemu-system-x86_64: warning: something harmless\nqemu-system-x86_64: -device nonsense: 'nonsense' is not a valid device model name\n")]
    [InlineData(HypervisorErrorKind.Rejected, "Could not open '/x': No such file", "qemu-img: Could not open '/x': No such file or directory\n")]
    [InlineData(HypervisorErrorKind.Rejected, "without a word", "")]
    public void An_error_text_has_a_kind_and_words_for_people(HypervisorErrorKind kind, string words, string text)
    {
        var failure = QemuErrors.From(text);
        failure.Kind.ShouldBe(kind);
        failure.Message.ShouldContain(words);
        failure.Message.ShouldNotContain("2026-");
    }

    [Fact]
    public void A_long_text_is_quoted_from_its_end() => QemuErrors.Quote(new string('x', 5000) + " end").Length.ShouldBe(600);

    [Theory]
    [InlineData("running", ObservedPower.On)]
    [InlineData("paused", ObservedPower.Paused)]
    [InlineData("prelaunch", ObservedPower.Paused)]
    [InlineData("shutdown", ObservedPower.Off)]
    [InlineData("io-error", ObservedPower.Unknown)]
    [InlineData("internal-error", ObservedPower.Unknown)]
    [InlineData("guest-panicked", ObservedPower.Unknown)]
    [InlineData("", ObservedPower.Unknown)]
    public void A_run_state_is_a_power(string state, ObservedPower power) => QemuObserver.Understand(state).Power.ShouldBe(power);

    [Theory]
    [InlineData("system", 1, true)]
    [InlineData("bootiso", 3, true)]
    [InlineData("system", 0, false)]
    [InlineData("seed", 5, false)]
    public void Firmware_ran_when_the_boot_medium_was_read(string node, int reads, bool ran) =>
        QemuObserver.FirmwareRan(JsonNode.Parse($$"""[{"node-name":"{{node}}","stats":{"rd_operations":{{reads}} } }]""")).ShouldBe(ran);

    [Theory]
    [InlineData("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright (c) 2003-2022", "7.2.22")]
    [InlineData("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)", "10.0.2")]
    public void The_version_is_read(string text, string version) => QemuProbe.ParseVersion(text).ShouldBe(version);

    [Fact]
    public void Memory_is_read_in_bytes()
    {
        HostResources.ParseMemTotal("MemTotal:       24683592 kB\nMemFree: 1 kB\n").ShouldBe(24683592L * 1024);
        HostResources.ParseLimit("536870912\n").ShouldBe(536870912);
        HostResources.ParseLimit("max\n").ShouldBe(long.MaxValue);
        HostResources.ParseInactive("anon 4096\ninactive_file 8192\nactive_file 1\n").ShouldBe(8192);
        HostResources.ParseInactive("cache 1\n").ShouldBe(0);
    }

    [Fact]
    public void What_a_process_takes_is_read_from_its_rollup()
    {
        const string Rollup = "55d0c0-7ffd3 ---p 00000000 00:00 0    [rollup]\nRss:              283376 kB\nPss:              205312 kB\nPss_Dirty: 1 kB\nPss_Anon: 4096 kB\nPss_File: 1 kB\nPss_Shmem:    101376 kB\n";
        QemuMemory.Parse(Rollup).ShouldBe(new MachineMemory(200, 103));
        QemuMemory.Parse("Rss: 1 kB\n").ShouldBeNull();
    }

    [Fact]
    public void An_account_is_found_in_passwd()
    {
        const string Passwd = "root:x:0:0:root:/root:/bin/sh\nwarren:x:1000:1001:w:/home/warren:/bin/sh\n";
        AgentKeys.FindAccount(Passwd, "warren").ShouldBe(("/home/warren", "1000:1001"));
        Should.Throw<HypervisorException>(() => AgentKeys.FindAccount(Passwd, "war")).Kind.ShouldBe(HypervisorErrorKind.Rejected);
    }

    [Fact]
    public void Disks_share_one_limit_and_have_the_names_that_they_have_without()
    {
        var folder = new MachineFolder("/data,x/m", "a1");
        var definition = DefinitionRulesTests.Good with { DiskMiBps = 8, DiskIops = 200, DataDisks = [new DataDisk(1)] };
        var line = QemuArguments.Build(definition, folder, new QemuOptions { MachinesFolder = "/data,x/m" }, "tcg", null);
        var drives = line.Where((_, i) => i > 0 && line[i - 1] == "-drive").ToList();
        drives.Count.ShouldBe(2);
        drives[0].ShouldBe("if=none,id=drive-system,node-name=system,driver=qcow2,read-only=off,discard=unmap,file.driver=file,file.filename=/data,,x/m/a1/disk.qcow2,"
            + "throttling.bps-total=8388608,throttling.iops-total=200,throttling.group=disks");
        drives.ShouldAllBe(d => d.EndsWith("throttling.bps-total=8388608,throttling.iops-total=200,throttling.group=disks", StringComparison.Ordinal));
        line.Count(a => a.Contains("\"drive\":\"drive-", StringComparison.Ordinal)).ShouldBe(2);
        QemuArguments.Build(definition with { DiskMiBps = null }, folder, new QemuOptions { MachinesFolder = "/m" }, "tcg", null).ShouldNotContain(a => a.Contains("bps-total", StringComparison.Ordinal));
        QemuArguments.Build(definition with { DiskMiBps = null, DiskIops = null }, folder, new QemuOptions { MachinesFolder = "/m" }, "tcg", null).ShouldNotContain("-drive");
    }

    [Fact]
    public void The_command_line_listens_on_no_TCP_port_but_the_forwards_and_doubles_commas()
    {
        var folder = new MachineFolder("/data,x/m", "a1");
        var definition = DefinitionRulesTests.Good with { Forwards = [new("tcp", "127.0.0.1", 2222, 22)] };
        var line = QemuArguments.Build(definition, folder, new QemuOptions { MachinesFolder = "/data,x/m" }, "tcg", null);
        ValueOf(line, "-vnc").ShouldBe("unix:/data,,x/m/a1/rfb.sock");
        ValueOf(line, "-netdev").ShouldBe("user,id=net0,hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22");
        ValueOf(line, "-sandbox").ShouldContain("spawn=deny");
        line.Where(a => a.StartsWith("socket,", StringComparison.Ordinal)).ShouldAllBe(a => a.Contains("path=/data,,x/m/a1/"));
        line.Where(a => a.StartsWith('{') && a.Contains("filename")).ShouldAllBe(a => (string)JsonNode.Parse(a)!["file"]!["filename"]! != "");
        line.ShouldNotContain("-daemonize");
    }

    [Fact]
    public void KVM_gets_the_host_processor()
    {
        var line = QemuArguments.Build(DefinitionRulesTests.Good, new MachineFolder("/m", "a1"), new QemuOptions { MachinesFolder = "/m" }, "kvm", null);
        ValueOf(line, "-accel").ShouldBe("kvm");
        ValueOf(line, "-cpu").ShouldBe("host");
    }

    [Fact]
    public void The_seed_is_a_virtio_disk_behind_the_data_disks()
    {
        var definition = DefinitionRulesTests.Good with { DataDisks = [new(1)], Seed = new CloudInitSeed("i", "", "", "") };
        var line = QemuArguments.Build(definition, new MachineFolder("/m", "a1"), new QemuOptions { MachinesFolder = "/m" }, "tcg", null);
        var drives = line.Where(a => a.Contains("\"drive\"")).Select(a => JsonNode.Parse(a)!).ToList();
        drives.Select(d => (string)d["drive"]!).ShouldBe(["system", "data0", "seed"]);
        drives.ShouldAllBe(d => (string)d["driver"]! == "virtio-blk-pci");
    }

    [Theory]
    [InlineData("""{ "machineType": "pc-q35-7.2", "leases": 1 }""", false)]
    [InlineData("""{ "machineType": "pc-q35-7.2", "leases": 1, "clipboard": true }""", true)]
    public void A_state_that_is_older_than_the_clipboards_port_goes_on_without_it(string kept, bool clipboard)
    {
        var resumed = JsonSerializer.Deserialize<Resumption>(kept, JsonSerializerOptions.Web);
        var line = QemuArguments.Build(DefinitionRulesTests.Good, new MachineFolder("/m", "a1"), new QemuOptions { MachinesFolder = "/m" }, "tcg", null, resumed: resumed);
        line.Exists(a => a.Contains("com.redhat.spice.0")).ShouldBe(clipboard);
        line.Exists(a => a.Contains("clip.sock")).ShouldBe(clipboard);
        ValueOf(line, "-incoming").ShouldBe("defer");
    }

    private static string ValueOf(List<string> line, string option) => line[line.IndexOf(option) + 1];
}
