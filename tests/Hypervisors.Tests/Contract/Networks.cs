using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_network_is_made_once_listed_as_ours_and_deleted()
    {
        var networks = Need(Driver.Networks, "networks");
        var before = await networks.ListAsync(Cancellation);
        var network = await MakeNetworkAsync();
        await networks.CreateAsync(network, Cancellation);
        var found = (await NewDriver().Networks!.ListAsync(Cancellation)).Single(n => n.Name == network.Name);
        (found.Ours, found.Active, found.Mode).ShouldBe((true, true, network.Mode));
        if (network.Range is not null) found.Range.ShouldBe(network.Range);
        for (var i = 0; i < 2; i++) await networks.DeleteAsync(network.Name, Cancellation);
        (await networks.ListAsync(Cancellation)).Select(n => n.Name).Order().ShouldBe(before.Select(n => n.Name).Order());
    }

    [Fact]
    public async Task A_network_of_the_same_name_or_range_is_Rejected()
    {
        var networks = Need(Driver.Networks, "networks");
        var network = await MakeNetworkAsync();
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => networks.CreateAsync(network with { Range = "10.231.7.0/24" }, Cancellation), "same name");
        if (network.Range is not null)
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => networks.CreateAsync(network with { Name = "warren-test2" }, Cancellation), "same range");
        foreach (var range in new[] { "10.0.0.0", "10.0.0.0/99", "not a range", "::/0", "10.0.0.0/24; id" })
        {
            await ShouldFailAsync(HypervisorErrorKind.Rejected,
                () => networks.CreateAsync(network with { Name = "warren-test3", Range = range }, Cancellation), range);
        }
    }

    [Fact]
    public async Task A_network_that_a_machine_uses_is_Busy_until_the_machine_is_gone()
    {
        var networks = Need(Driver.Networks, "networks");
        var network = await MakeNetworkAsync();
        var machine = await StartAsync(Define() with { Network = network.Name });
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await ShouldFailAsync(HypervisorErrorKind.Busy, () => networks.DeleteAsync(network.Name, Cancellation));
        await Driver.DeleteAsync(machine.Id, Cancellation);
        await networks.DeleteAsync(network.Name, Cancellation);
    }

    [Fact]
    public async Task A_network_that_is_not_there_keeps_the_machine_from_running()
    {
        Need(Driver.Networks, "networks");
        var machine = Define() with { Network = "warren-nowhere" };
        var failure = await Should.ThrowAsync<HypervisorException>(() => StartAsync(machine));
        failure.Kind.ShouldBeOneOf(HypervisorErrorKind.Rejected, HypervisorErrorKind.NotFound);
        failure.Message.ShouldContain("warren-nowhere");
        (await LookAsync(machine)).Power.ShouldBeOneOf(ObservedPower.Missing, ObservedPower.Off);
    }

    [Fact]
    public async Task A_network_that_is_not_ours_is_shown_and_never_deleted()
    {
        var networks = Need(Driver.Networks, "networks");
        var foreign = (await networks.ListAsync(Cancellation)).FirstOrDefault(n => !n.Ours);
        Assert.SkipWhen(foreign is null, "the host has no network that is not ours");
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => networks.DeleteAsync(foreign.Name, Cancellation));
        (await networks.ListAsync(Cancellation)).ShouldContain(foreign);
    }

    [Fact]
    public async Task Addresses_are_empty_while_it_is_off_and_come_with_the_guest()
    {
        var addresses = Need(Driver.Addresses, "addresses");
        Assert.SkipWhen(NoAddresses is not null, NoAddresses ?? "");
        var network = AddressesOnNetworksOnly ? (await MakeNetworkAsync()).Name : null;
        var machine = await CreateAsync(Define() with { Network = network });
        (await addresses.ListAsync(machine.Id, Cancellation)).ShouldBeEmpty();
        await Driver.StartAsync(machine, Cancellation);
        IReadOnlyList<string> found = [];
        await Eventually.TrueAsync("the guest has an address",
            async () => (found = await addresses.ListAsync(machine.Id, Cancellation)).Count > 0, SecondsToBoot);
        var parsed = found.Select(IPAddress.Parse).ToArray();
        parsed.Select(a => a.AddressFamily == AddressFamily.InterNetworkV6).ShouldBeInOrder(SortDirection.Ascending, "IPv4 before IPv6");
        parsed.ShouldAllBe(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal);
        found.ShouldAllBe(a => !a.StartsWith("169.254."));
        found.ShouldBeUnique();
    }

    private async Task<HostNetwork> MakeNetworkAsync()
    {
        Assert.SkipWhen(NoNewNetworks is not null, NoNewNetworks ?? "");
        foreach (var name in new[] { FreeNetwork.Name, "warren-test2", "warren-test3" })
            Afterwards(() => Driver.Networks!.DeleteAsync(name, CancellationToken.None));
        await Driver.Networks!.CreateAsync(FreeNetwork, Cancellation);
        return FreeNetwork;
    }
}
