using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>Loads the rules of <see cref="NetworkRules"/>.</summary>
internal sealed class NetworkFilter(QemuOptions options, UserRange range, CommandRunner commands)
{
    /// <summary>Where the host's name servers are written down: resolv.conf(5).</summary>
    private const string ResolverFile = "/etc/resolv.conf";

    /// <summary>What limits bandwidth can be loaded here; false before that was tried.</summary>
    private volatile bool _limits;

    /// <summary>Loads the table without any machine, in the place of the one that older servers had.</summary>
    /// <returns>Why it cannot be loaded, or null.</returns>
    internal Task<string?> TryLoadAsync(CancellationToken cancellation) => TryAsync(() => LoadAsync(NetworkRules.WithoutFormer, cancellation));

    /// <summary>Tries to limit a machine that is none: kernels without marks or limits say no.</summary>
    /// <returns>Why it cannot be done, or null.</returns>
    internal async Task<string?> TryLimitAsync(CancellationToken cancellation)
    {
        const int Some = 1;
        var none = range.First;
        var reason = await TryAsync(() => LoadAsync(BandwidthRules.All(range) + BandwidthRules.Of(range, none, Some) + BandwidthRules.Without(range, none), cancellation));
        _limits = reason is null;
        return reason;
    }

    private static async Task<string?> TryAsync(Func<Task> load)
    {
        try
        {
            await load();
            return null;
        }
        catch (HypervisorException e)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    /// <summary>Has a machine's rules be there, with all others.</summary>
    /// <exception cref="HypervisorException">They are not: the machine must not start.</exception>
    internal Task ConfineAsync(uint user, GuestReach reach, CancellationToken cancellation) => reach.Mbps is not null && !_limits
        ? throw new HypervisorException(HypervisorErrorKind.Busy, "networkMbps cannot be enforced at this moment: nftables did not take the last trial")
        : LoadAsync((_limits ? BandwidthRules.Without(range, user) : "") + Of(user, reach), cancellation);

    /// <summary>Takes away what is about users that no machine has.</summary>
    internal Task ForgetAsync(IEnumerable<uint> users, CancellationToken cancellation) => LoadAsync(string.Concat(users.Select(u => NetworkRules.Without(range, u) + (_limits ? BandwidthRules.Without(range, u) : ""))), cancellation);

    /// <summary>Has the rules of machines that run be there, and takes away what is about users that are nobody's.</summary>
    internal async Task KeepAsync(IReadOnlyCollection<(uint User, GuestReach Reach)> machines, Func<uint, bool> isNobodys, CancellationToken cancellation)
    {
        await LoadAsync(string.Concat(machines.Select(m => Of(m.User, m.Reach))), cancellation);
        var known = new List<uint>();
        List<(string Kind, string Name)> places =
            [("set", NetworkRules.Lan), ("set", NetworkRules.Isolated), ("set", NetworkRules.Outside), ("set", NetworkRules.Names), ("map", NetworkRules.Listed)];
        if (_limits) places.Add(("map", BandwidthRules.Sending));
        foreach (var (kind, name) in places)
            known.AddRange(NetworkRules.Members(await commands.RequireAsync(new Command(options.NftProgram, ["list", kind, .. NetworkRules.Table(range), name]), cancellation)));
        if (known.Distinct().Where(isNobodys).ToList() is { Count: > 0 } left) await ForgetAsync(left, cancellation);
    }

    private string Of(uint user, GuestReach reach) => NetworkRules.Of(range, user, reach) + (_limits ? BandwidthRules.Of(range, user, reach.Mbps) : "");

    private Task<string> LoadAsync(string machines, CancellationToken cancellation)
    {
        var resolvers = File.Exists(ResolverFile) ? NetworkRules.Resolvers(File.ReadAllText(ResolverFile)) : [];
        return commands.RequireAsync(new Command(options.NftProgram, "-f", "-") { Input = NetworkRules.All(range, resolvers) + (_limits ? BandwidthRules.All(range) : "") + machines }, cancellation);
    }
}
