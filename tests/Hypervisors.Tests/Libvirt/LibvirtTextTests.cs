using System.Xml.Linq;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Libvirt.Consoles;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Moves;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Networks;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Values in and out: addresses, XML, error numbers.</summary>
public sealed class LibvirtTextTests
{
    private static MachineDefinition Machine { get; } = new()
    {
        Id = "m1", Name = "web", MemoryMiB = 512, Cpus = 2, DiskGiB = 5, MacAddress = "52:54:00:12:34:56",
        Boot = new BootMedium("/images/base.qcow2", "qcow2"),
        DataDisks = [new DataDisk(0, "/data/a'/><evil x=\"&<.qcow2", "qcow2")],
        Forwards = [new PortForward("tcp", "127.0.0.1", 22001, 22)],
    };

    [Theory]
    [InlineData("internal error: process exited while connecting to monitor", HypervisorErrorKind.Busy)]
    [InlineData("internal error: process exited while connecting to monitor: qemu-system-x86_64: -blockdev {...}: Failed to get \"write\" lock", HypervisorErrorKind.Busy)]
    [InlineData("internal error: process exited while connecting to monitor: qemu-system-x86_64: -drive file=x: Could not open 'x': No such file", HypervisorErrorKind.Rejected)]
    public void A_QEMU_that_ended_at_its_start_says_why_or_was_ended_by_another(string message, HypervisorErrorKind kind) =>
        (MachineStart.Explain(new VirError(VirError.InternalError, 10, message)) switch
        {
            HypervisorException known => known.Kind,
            VirError other => other.Kind(),
            _ => throw new InvalidOperationException(),
        }).ShouldBe(kind);

    [Theory]
    [InlineData("qemu:///system", "qemu:///system")]
    [InlineData("qemu:///session", "qemu:///session")]
    [InlineData("test:///default", "test:///default")]
    [InlineData("qemu+ssh://root@host.example:2222/system", "qemu+ssh://root@host.example:2222/system?no_tty=1")]
    [InlineData("qemu+ssh://host/system?proxy=netcat", "qemu+ssh://host/system?proxy=netcat&no_tty=1")]
    [InlineData("qemu+tls://10.0.0.1/system", "qemu+tls://10.0.0.1/system")]
    public void Known_addresses_are_taken(string text, string uri) => LibvirtUri.Parse(text).Text.ShouldBe(uri);

    [Theory]
    [InlineData("qemu+ssh://host/system?command=/bin/sh")]
    [InlineData("qemu+ssh://host/system?netcat=/tmp/x")]
    [InlineData("qemu+ssh://host/system?proxy=netcat&netcat=x")]
    [InlineData("qemu+ssh://host/system?socket=/tmp/x")]
    [InlineData("qemu+ssh://host/system?keyfile=/etc/shadow")]
    [InlineData("qemu+ssh://host/system?no_verify=1")]
    [InlineData("qemu+ssh://-oProxyCommand=sh/system")]
    [InlineData("qemu+ssh://-lroot@host/system")]
    [InlineData("qemu+ssh://a%20b@host/system")]
    [InlineData("qemu+tls://host/system?pkipath=/tmp")]
    [InlineData("qemu+tls://host/system?no_verify=1")]
    [InlineData("qemu+unix:///system?socket=/tmp/x")]
    [InlineData("qemu+ext://host/system?command=sh")]
    [InlineData("qemu+tcp://host/system")]
    [InlineData("qemu:///system?socket=/tmp/x")]
    [InlineData("qemu:///embed?root=/tmp")]
    [InlineData("test:///etc/passwd")]
    [InlineData("xen:///system")]
    [InlineData("qemu+ssh://host:99999/system")]
    [InlineData("qemu+ssh://host/system\n")]
    [InlineData("")]
    public void Other_addresses_are_refused(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["uri"] = text };
        var failure = Should.Throw<HypervisorException>(() => LibvirtKind.Kind.Connect(new HostConnection { Host = "h", Folder = "/nowhere", Settings = settings }));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
        failure.Message.ShouldContain("settings.uri");
    }

    [Theory]
    [InlineData("accelerator", "hvf")]
    [InlineData("pool", "../x")]
    [InlineData("poolPath", "relative")]
    [InlineData("poolPath", "/a/../b")]
    [InlineData("migrationAddress", "host/..")]
    [InlineData("peerUri", "qemu+ext://host/system?command=sh")]
    [InlineData("timeout", "never")]
    public void Wrong_settings_are_refused_by_name(string name, string value)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["uri"] = "qemu:///system", [name] = value };
        var failure = Should.Throw<HypervisorException>(() => LibvirtKind.Kind.Connect(new HostConnection { Host = "h", Folder = "/nowhere", Settings = settings }));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
    }

    [Fact]
    public void Hostile_values_stay_data_in_the_description()
    {
        var xml = XElement.Parse(Build(Machine, "/pool 'a\"<&>").ToString());
        var disks = xml.Element("devices")!.Elements("disk").ToList();
        disks.Count.ShouldBe(2);
        ((string?)disks[0].Element("source")!.Attribute("file")).ShouldBe("/pool 'a\"<&>/m1-disk.qcow2");
        ((string?)disks[1].Element("source")!.Attribute("file")).ShouldBe("/data/a'/><evil x=\"&<.qcow2");
        xml.Descendants("evil").ShouldBeEmpty();
        XNamespace qemu = "http://libvirt.org/schemas/domain/qemu/1.0";
        var arguments = xml.Descendants(qemu + "arg").Select(a => (string?)a.Attribute("value")).ToList();
        arguments.ShouldContain("user,id=warren0,hostfwd=tcp:127.0.0.1:22001-:22");
        Mark.Parse(xml.Element("metadata")!.Elements().Single().ToString()).ShouldBe(new Mark("m1", "abc"));
        xml.Element("devices")!.Element("graphics")!.Element("listen")!.Attribute("type")!.Value.ShouldBe("none");
    }

    [Fact]
    public void Devices_of_the_host_are_handed_over_by_address()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal) { ["pciDevices"] = "0000:01:00.0,0000:0a:1f.7" };
        var hostdevs = Build(Machine with { Options = options }, "/pool").Descendants("hostdev").ToList();
        hostdevs.Count.ShouldBe(2);
        hostdevs[1].ToString(SaveOptions.DisableFormatting).ShouldBe(
            """<hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0x0000" bus="0x0a" slot="0x1f" function="0x7" /></source></hostdev>""");
    }

    [Theory]
    [InlineData("01:00.0")]
    [InlineData("0000:01:00.8")]
    [InlineData("0000:01:20.0")]
    [InlineData("0000:01:00.0,0000:01:00.0")]
    [InlineData("0000:01:00.0,")]
    [InlineData("0000:01:00.0'/>")]
    public void Other_addresses_of_devices_are_refused(string text) =>
        Should.Throw<HypervisorException>(() => PciAddress.List(new Dictionary<string, string>(StringComparer.Ordinal) { ["pciDevices"] = text }))
            .Kind.ShouldBe(HypervisorErrorKind.Rejected);

    [Fact]
    public void A_named_network_takes_the_place_of_the_user_mode_one()
    {
        var xml = Build(Machine with { Network = "office", Forwards = [] }, "/pool");
        ((string?)xml.Descendants("interface").Single().Element("source")!.Attribute("network")).ShouldBe("office");
        ((string?)xml.Descendants("interface").Single().Element("mac")!.Attribute("address")).ShouldBe(Machine.MacAddress);
        xml.Elements().ShouldNotContain(e => e.Name.LocalName == "commandline");
    }

    [Theory]
    [InlineData(42, 10, HypervisorErrorKind.NotFound)]
    [InlineData(43, 19, HypervisorErrorKind.NotFound)]
    [InlineData(50, 18, HypervisorErrorKind.NotFound)]
    [InlineData(72, 10, HypervisorErrorKind.NotFound)]
    [InlineData(68, 10, HypervisorErrorKind.Busy)]
    [InlineData(68, 7, HypervisorErrorKind.Unreachable)]
    [InlineData(86, 10, HypervisorErrorKind.Unreachable)]
    [InlineData(38, 7, HypervisorErrorKind.Unreachable)]
    [InlineData(38, 18, HypervisorErrorKind.Rejected)]
    [InlineData(1, 7, HypervisorErrorKind.Unreachable)]
    [InlineData(1, 10, HypervisorErrorKind.Rejected)]
    [InlineData(55, 10, HypervisorErrorKind.Rejected)]
    [InlineData(87, 10, HypervisorErrorKind.Busy)]
    [InlineData(67, 10, HypervisorErrorKind.Unsupported)]
    [InlineData(45, 7, HypervisorErrorKind.Rejected)]
    public void Failures_are_told_apart_by_number(int code, int source, HypervisorErrorKind kind)
    {
        new VirError(code, source, "no such domain, timed out, busy").Explain().Kind.ShouldBe(kind);
        new VirError(code, source, "").Explain(lost: true).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
    }

    [Theory]
    [InlineData("192.168.150.0/24", true)]
    [InlineData("10.1.0.0/16", true)]
    [InlineData("172.16.0.0/12", true)]
    [InlineData("192.168.150.1/24", false)]
    [InlineData("8.8.8.0/24", false)]
    [InlineData("192.0.0.0/8", false)]
    [InlineData("192.168.1.0/30", false)]
    [InlineData("::/64", false)]
    [InlineData("192.168.1.0", false)]
    public void Ranges_are_private_and_canonical(string text, bool good)
    {
        if (good) Ipv4Range.Parse(text).ToString().ShouldBe(text);
        else Should.Throw<HypervisorException>(() => Ipv4Range.Parse(text)).Kind.ShouldBe(HypervisorErrorKind.Rejected);
    }

    [Fact]
    public void Addresses_are_sorted_and_freed_of_what_leads_nowhere() =>
        LibvirtAddresses.Sort(["fe80::1", "2001:db8::5", "127.0.0.1", "169.254.1.1", "192.168.1.5", "x", "192.168.1.5", "::1"])
            .ShouldBe(["192.168.1.5", "2001:db8::5"]);

    [Fact]
    public void A_moving_machine_finds_its_files_in_the_other_pool_and_keeps_the_rest()
    {
        var moved = MoveXml.Adapt(Build(Machine, "/pool"), "/pool/", "/srv/warren", remoteScreen: true);
        DomainDisks.Paths(moved).ShouldBe(["/srv/warren/m1-disk.qcow2", "/data/a'/><evil x=\"&<.qcow2"]);
        ((string?)moved.Descendants("log").Single().Attribute("file")).ShouldBe("/srv/warren/m1-serial.log");
        ((string?)moved.Descendants("graphics").Single().Attribute("listen")).ShouldBe("127.0.0.1");
    }

    [Fact]
    public void A_tunnel_names_its_host_after_all_options()
    {
        string[] always = ["-N", "-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindMask=0177"];
        SshTunnel.Arguments(new SshTarget("host", "me", 2222), "127.0.0.1", 5901, "/s").ShouldBe([.. always, "-L", "/s:127.0.0.1:5901", "-l", "me", "-p", "2222", "--", "host"]);
        SshTunnel.Arguments(new SshTarget("host", null, null), "fd00::5", 22, "/s").ShouldBe([.. always, "-L", "/s:[fd00::5]:22", "--", "host"]);
        Should.Throw<FormatException>(() => SshTunnel.Arguments(new SshTarget("host", null, null), "a:22 -oProxyCommand=x", 22, "/s"));
    }

    [Fact]
    public void Only_what_is_forwarded_is_reached_on_the_user_mode_network()
    {
        var xml = Build(Machine with { Network = null, Forwards = [new("udp", "127.0.0.1", 5000, 22), new("tcp", "127.0.0.1", 20001, 22), new("tcp", "0.0.0.0", 20002, 2222)] }, "/pool");
        LibvirtPorts.HasUserNetwork(xml).ShouldBeTrue();
        LibvirtPorts.Forward(xml, 22).ShouldBe(("127.0.0.1", 20001));
        LibvirtPorts.Forward(xml, 2222).ShouldBe(("127.0.0.1", 20002));
        LibvirtPorts.Forward(xml, 222).ShouldBeNull();
        LibvirtPorts.HasUserNetwork(Build(Machine with { Network = "lab", Forwards = [] }, "/pool")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>")]
    [InlineData("<a>")]
    [InlineData("")]
    public void What_is_no_plain_XML_is_no_answer(string text) =>
        Should.Throw<HypervisorException>(() => XmlText.Parse(text)).Kind.ShouldBe(HypervisorErrorKind.Unreachable);

    private static XElement Build(MachineDefinition machine, string pool) =>
        DomainXml.Build(machine, new VolumeNames(machine.Id, "base-x.qcow2"), new Mark(machine.Id, "abc"), new DomainSurroundings(pool, Kvm: false, RemoteScreen: false));
}
