using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Networks of a real daemon, in a network namespace of its own.</summary>
[Collection(LibvirtPairCollection.Name)]
public sealed class NetworkTests(LibvirtPair pair)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Length", "long")]
    public async Task Networks_are_made_used_and_removed_and_a_guest_has_an_address_there()
    {
        Assert.SkipUnless(pair.WhyNot is null, pair.WhyNot ?? "");
        using var driver = pair.Left.NewDriver();
        var networks = driver.Networks!;
        var nat = new HostNetwork("office", NetworkMode.Nat) { Range = "192.168.150.0/24" };
        for (var i = 0; i < 2; i++) await networks.CreateAsync(nat, Cancellation);
        await networks.CreateAsync(new HostNetwork("lab", NetworkMode.Isolated), Cancellation);
        await networks.CreateAsync(new HostNetwork("lan", NetworkMode.Bridge) { Bridge = "br0" }, Cancellation);
        var list = await networks.ListAsync(Cancellation);
        list.Single(n => n.Name == "office").ShouldBe(nat with { Active = true, Ours = true, Bridge = list.Single(n => n.Name == "office").Bridge });
        list.Single(n => n.Name == "lab").Range.ShouldBe("192.168.151.0/24");
        list.Single(n => n.Name == "lan").ShouldBe(new HostNetwork("lan", NetworkMode.Bridge) { Bridge = "br0", Active = true, Ours = true });
        await RefusedAsync(networks.CreateAsync(nat with { Mode = NetworkMode.Isolated }, Cancellation));
        await RefusedAsync(networks.CreateAsync(nat with { Name = "other", Range = "192.168.150.128/25" }, Cancellation));
        await RefusedAsync(networks.CreateAsync(nat with { Name = "other", Range = "8.8.8.0/24" }, Cancellation));

        var machine = new MachineDefinition
        {
            Id = "guest", Name = "guest", MemoryMiB = 192, Cpus = 1, DiskGiB = 1, MacAddress = "52:54:00:12:34:57", Network = "office",
            Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"),
        };
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("it has a lease", async () =>
            await driver.Addresses!.ListAsync(machine.Id, Cancellation) is [var address, ..] && address.StartsWith("192.168.150.", StringComparison.Ordinal), 240);
        (await Should.ThrowAsync<HypervisorException>(() => networks.DeleteAsync("office", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Busy);
        await driver.DeleteAsync(machine.Id, Cancellation);
        foreach (var name in new[] { "office", "lab", "lan", "lan" }) await networks.DeleteAsync(name, Cancellation);
        (await networks.ListAsync(Cancellation)).ShouldNotContain(n => n.Ours);
    }

    private static async Task RefusedAsync(Task act) => (await Should.ThrowAsync<HypervisorException>(act)).Kind.ShouldBe(HypervisorErrorKind.Rejected);
}
