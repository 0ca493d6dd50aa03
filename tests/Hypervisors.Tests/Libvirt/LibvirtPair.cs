using System.Globalization;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt;

namespace Hypervisors.Tests.Libvirt;

/// <summary>Two real libvirtds, each in a network, host name and mount namespace of its own, with one cable between them.</summary>
public sealed class LibvirtPair : IAsyncLifetime
{
    internal const string LeftAddress = "10.77.0.2", RightAddress = "10.77.0.3";

    internal LibvirtDaemon Left { get; } = new("left", LeftAddress + "/24");

    internal LibvirtDaemon Right { get; } = new("right", RightAddress + "/24");

    internal string? WhyNot => Left.WhyNot ?? Right.WhyNot;

    internal LibvirtHypervisor Drive(LibvirtDaemon daemon, bool peerToPeer = false)
    {
        var address = daemon == Left ? LeftAddress : RightAddress;
        return new LibvirtHypervisor(daemon.Options with
        {
            MigrationAddress = address,
            PeerUri = peerToPeer ? $"qemu+tcp://{address}/system" : null,
        }, TimeProvider.System);
    }

    public async ValueTask InitializeAsync()
    {
        Left.Begin();
        Right.Begin();
        if (WhyNot is not null) return;
        // Named after a process of ours, so that two runs on one machine do not meet.
        var (one, two) = ($"wl{Left.FirstProcessId()}a", $"wl{Left.FirstProcessId()}b");
        await IpAsync("link", "add", one, "type", "veth", "peer", "name", two);
        await MoveAsync(one, Left);
        await MoveAsync(two, Right);
        await Left.AnswersAsync();
        await Right.AnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Left.DisposeAsync();
        await Right.DisposeAsync();
    }

    private static Task MoveAsync(string link, LibvirtDaemon daemon) =>
        IpAsync("link", "set", link, "netns", daemon.FirstProcessId().ToString(CultureInfo.InvariantCulture), "name", "eth0");

    private static async Task IpAsync(params string[] arguments) => await new CommandRunner().RequireAsync(new Command("ip", arguments));
}

/// <summary>The pair for all tests that need networks of their own; they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class LibvirtPairCollection : ICollectionFixture<LibvirtPair>
{
    internal const string Name = "libvirt pair";
}
