using System.Globalization;
using System.Security.Cryptography;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>Numbers of users that machines run under.</summary>
/// <param name="First">The group that all of them share, by which they come through folders; no machine's own number.</param>
/// <param name="Last">The last one.</param>
public sealed record UserRange(uint First, uint Last)
{
    /// <summary>
    /// A million numbers that nobody hands out: the table in systemd's "Users, Groups, UIDs and GIDs" has 1879048192 to 2147352575 as unused.
    /// </summary>
    public static UserRange Default { get; } = new(2_140_000_000, 2_140_999_999);

    /// <summary>Reads <c>FIRST-LAST</c>; <c>off</c> is null.</summary>
    /// <exception cref="HypervisorException">Rejected when it is neither.</exception>
    public static UserRange? Parse(string text)
    {
        if (text == "off") return null;
        var ends = text.Split('-');
        // Below 65536 are people, and 4294967295 means nobody (chown(2)).
        if (ends.Length == 2 && uint.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && uint.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first > ushort.MaxValue && last > first && last < uint.MaxValue)
            return new UserRange(first, last);
        throw new HypervisorException(HypervisorErrorKind.Rejected, "settings.users must be FIRST-LAST, numbers of users from 65536 on, or off");
    }

    /// <summary>Whether a number can be a machine's by any range: people and services have lower ones.</summary>
    internal static bool MayBeMachines(uint user) => user > ushort.MaxValue;

    internal bool Has(uint user) => user > First && user <= Last;
}

/// <summary>
/// Which user each machine runs under. A machine's number is the group of its folder, so that nothing else has to be kept. Drawn by lot, so that
/// servers on one host need no agreement and a number is not soon another machine's.
/// </summary>
internal sealed class MachineUsers(string machinesFolder, UserRange range)
{
    private readonly Lock _turn = new();

    internal UserRange Range => range;

    /// <summary>The number of a machine, drawn now if it has none.</summary>
    internal uint Of(MachineFolder folder)
    {
        if (Known(folder.Path) is { } known) return known;
        lock (_turn)
        {
            var taken = Current();
            taken.UnionWith(Running());
            uint user;
            do user = range.First + 1 + (uint)RandomNumberGenerator.GetInt32((int)(range.Last - range.First));
            while (taken.Contains(user));
            FileOwner.Give(folder.Path, 0, user);
            return user;
        }
    }

    /// <summary>The number of a machine that has one.</summary>
    internal uint? Known(string folder) => FileOwner.Of(folder) is { IsFolder: true } facts && range.Has(facts.Group) ? facts.Group : null;

    /// <summary>The user that a machine has of its own by any range, or null: it is the server's. The group of a folder that is not confined is no machine's.</summary>
    internal static uint? UserOf(string folder) => FileOwner.IsRoot && FileOwner.Of(folder) is { IsFolder: true } facts && UserRange.MayBeMachines(facts.Group) ? facts.Group : null;

    /// <summary>Numbers of all machines here.</summary>
    internal HashSet<uint> Current() => Directory.Exists(machinesFolder)
        ? [.. Directory.EnumerateDirectories(machinesFolder).Select(Known).OfType<uint>()]
        : [];

    /// <summary>Whether any process has this number.</summary>
    internal static bool IsRunning(uint user) => Running().Contains(user);

    /// <summary>Numbers in use by processes, of other servers' machines too.</summary>
    private static IEnumerable<uint> Running() => HostProcesses.All().Select(HostProcesses.User).OfType<uint>();
}
