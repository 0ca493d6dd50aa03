using Warren.Hypervisors;

namespace Hypervisors.Tests;

public sealed class DefinitionRulesTests
{
    [Theory]
    [InlineData("qemu", true), InlineData("fake", true), InlineData("libvirt", false), InlineData("docker", false)]
    public void A_network_mode_is_refused_by_drivers_that_have_none(string kind, bool has)
    {
        var driver = HypervisorRegistration.Kinds.Single(k => k.Name == kind);
        var definition = Good with { NetworkMode = GuestNetworkMode.Isolated, Boot = new BootMedium("/x", driver.BootFormats[0]) };
        if (has) DefinitionRules.Check(definition, driver);
        else Should.Throw<HypervisorException>(() => DefinitionRules.Check(definition, driver)).Message.ShouldStartWith("networkMode is not in the driver");
    }

    [Theory]
    [InlineData("qemu", true), InlineData("fake", true), InlineData("libvirt", false), InlineData("docker", false)]
    public void Lists_of_destinations_and_limits_are_refused_by_drivers_that_have_none(string kind, bool has)
    {
        var driver = HypervisorRegistration.Kinds.Single(k => k.Name == kind);
        var good = Good with { Boot = new BootMedium("/x", driver.BootFormats[0]) };
        (string Field, MachineDefinition Definition)[] all =
        [
            ("networkMbps", good with { NetworkMbps = 8 }), ("diskMiBps", good with { DiskMiBps = 8 }), ("diskIops", good with { DiskIops = 100 }),
        ];
        foreach (var (field, definition) in all)
            if (has) DefinitionRules.Check(definition, driver);
            else Should.Throw<HypervisorException>(() => DefinitionRules.Check(definition, driver)).Message.ShouldStartWith(field + " is not in the driver");
    }

    internal static MachineDefinition Good { get; } = new()
    {
        Id = "a1",
        Name = "web-1",
        MemoryMiB = 512,
        Cpus = 2,
        Boot = new BootMedium("/images/a.qcow2", "qcow2"),
        DiskGiB = 10,
        MacAddress = "52:54:00:00:00:01",
    };

    public static TheoryData<string, MachineDefinition> Bad { get; } = new()
    {
        { "id", Good with { Id = "../a" } },
        { "name", Good with { Name = "a,b" } },
        { "name", Good with { Name = "a\nb" } },
        { "name", Good with { Name = "-a" } },
        { "memoryMiB", Good with { MemoryMiB = 1 } },
        { "cpus", Good with { Cpus = 0 } },
        { "diskGiB", Good with { DiskGiB = -1 } },
        { "macAddress", Good with { MacAddress = "52:54:00:00:00:01,x=y" } },
        { "boot.format", Good with { Boot = new BootMedium("/a", "vmdk") } },
        { "boot.path", Good with { Boot = new BootMedium("a.qcow2", "qcow2") } },
        { "boot.path", Good with { Boot = new BootMedium("/images/../etc/shadow", "raw") } },
        { "boot.path", Good with { Boot = new BootMedium("nbd://host/disk", "raw") } },
        { "dataDisks.sizeGiB", Good with { DataDisks = [new DataDisk(0)] } },
        { "dataDisks.existingFormat", Good with { DataDisks = [new DataDisk(0, "/d.img", "auto")] } },
        { "egress", Good with { Egress = ["203.0.113.7"] } },
        { "egress", Good with { Egress = ["203.0.113.7"], NetworkMode = GuestNetworkMode.Lan } },
        { "egress", Good with { Egress = ["203.0.113.7/32"], NetworkMode = GuestNetworkMode.Internet } },
        { "egress", Good with { Egress = [.. Enumerable.Range(0, 65).Select(i => $"203.0.113.{i}")], NetworkMode = GuestNetworkMode.Internet } },
        { "networkMbps", Good with { NetworkMbps = 0 } },
        { "diskMiBps", Good with { DiskMiBps = -1 } },
        { "diskIops", Good with { DiskIops = 9 } },
        { "forwards.protocol", Good with { Forwards = [new PortForward("sctp", "127.0.0.1", 1, 1)] } },
        { "forwards.hostPort", Good with { Forwards = [new PortForward("tcp", "127.0.0.1", 0, 1)] } },
        { "forwards.guestPort", Good with { Forwards = [new PortForward("tcp", "127.0.0.1", 1, 65536)] } },
        { "forwards.hostAddress", Good with { Forwards = [new PortForward("tcp", "127.0.0.1,guestfwd=x", 1, 1)] } },
        { "forwards.hostAddress", Good with { Forwards = [new PortForward("tcp", "127.1", 1, 1)] } },
    };

    [Fact]
    public void A_sound_definition_passes() => DefinitionRules.Check(Good);

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_value_is_refused_by_the_name_of_its_field(string field, MachineDefinition definition)
    {
        var failure = Should.Throw<HypervisorException>(() => DefinitionRules.Check(definition));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
        failure.Message.ShouldStartWith(field + " ");
    }
}
