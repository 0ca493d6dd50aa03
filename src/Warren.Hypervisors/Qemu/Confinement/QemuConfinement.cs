using System.Globalization;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>How a QEMU is to be started.</summary>
/// <param name="Before">Program and arguments that come before QEMU's own: they give its privileges up.</param>
/// <param name="Groups">Files of control groups, by which it is in them before it runs.</param>
/// <param name="Reach">What its guest will reach.</param>
internal sealed record ConfinedStart(IReadOnlyList<string> Before, IReadOnlyList<string> Groups, GuestReach Reach);

/// <summary>What can be had on this host.</summary>
/// <param name="NoUsers">Why machines do not run under users of their own, or null: they do.</param>
/// <param name="NoFilter">Why guests' networks cannot be filtered, or null: they are.</param>
/// <param name="NoBandwidth">Why they cannot be limited, or null: they can.</param>
internal sealed record Confines(string? NoUsers, string? NoFilter, string? NoBandwidth)
{
    /// <summary>The mode of a machine that states none: the outside where it can be kept apart, else nothing.</summary>
    internal GuestNetworkMode Unstated => NoFilter is null ? GuestNetworkMode.Internet : GuestNetworkMode.Isolated;
}

/// <summary>
/// Keeps a QEMU that was taken over by its guest inside: a user of its own without privileges, its files, its part of memory and CPU, and what it may
/// connect to. What a host does not have of that is found out by trying it, and said in its facts.
/// </summary>
internal sealed class QemuConfinement(QemuOptions options, CommandRunner commands)
{
    private const int MostRounds = 1000;

    private static readonly TimeSpan s_round = TimeSpan.FromMilliseconds(10);

    private readonly UserRange _range = options.Users ?? UserRange.Default;
    private readonly MachineUsers _users = new(options.MachinesFolder, options.Users ?? UserRange.Default);
    private readonly MachineRights _rights = new(options.MachinesFolder, new MachineUsers(options.MachinesFolder, options.Users ?? UserRange.Default));
    private readonly NetworkFilter _filter = new(options, options.Users ?? UserRange.Default, commands);
    private readonly Lazy<ControlGroups> _groups = new(() => new ControlGroups("/sys/fs/cgroup", File.Exists("/proc/self/cgroup") ? File.ReadAllText("/proc/self/cgroup") : ""));
    private volatile Confines? _confines;

    /// <summary>What can be had here; tried once, and again by each probe.</summary>
    internal async Task<Confines> LookAsync(bool again, CancellationToken cancellation)
    {
        if (_confines is { } known && !again) return known;
        var noUsers = await NoUsersAsync(cancellation);
        var noFilter = noUsers is null ? await _filter.TryLoadAsync(cancellation) : $"machines have no users of their own to be known by: {noUsers}";
        return _confines = new Confines(noUsers, noFilter, noFilter ?? await _filter.TryLimitAsync(cancellation));
    }

    /// <summary>Makes everything ready for a machine's QEMU, which does not run.</summary>
    /// <exception cref="HypervisorException">Unsupported when it asks for a network that cannot be kept apart here; Rejected when it cannot be confined.</exception>
    internal async Task<ConfinedStart> PrepareAsync(
        MachineFolder folder, MachineDefinition definition, string accelerator, string? memory, bool writesMemory, CancellationToken cancellation)
    {
        var confines = await LookAsync(again: false, cancellation);
        var mode = definition.NetworkMode ?? confines.Unstated;
        if (mode == GuestNetworkMode.Internet && confines.NoFilter is { } reason)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"networkMode internet cannot be enforced on this host ({reason}); isolated and lan can be had");
        if (definition.NetworkMbps is not null && confines.NoBandwidth is { } why)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"networkMbps cannot be enforced on this host ({why})");
        var reach = new GuestReach(mode, definition.Egress.Count > 0 ? definition.Egress : null, definition.NetworkMbps);
        if (confines.NoUsers is not null) return new ConfinedStart([], [], reach);
        // First: what is still there of one that was taken over could exchange files while they are given away.
        await EndOthersAsync(folder, cancellation);
        var user = _rights.Grant(folder, definition, memory, writesMemory);
        if (confines.NoFilter is null) await _filter.ConfineAsync(user, reach, cancellation);
        return new ConfinedStart(Before(user, accelerator), _groups.Value.Make(user, GroupLimits.Of(definition, accelerator)), reach);
    }

    /// <summary>Removes what a machine has outside of its folder. Its process has ended.</summary>
    internal async Task ForgetAsync(uint? user, CancellationToken cancellation)
    {
        if (user is not { } number) return;
        await EndOthersAsync(number, cancellation);
        _groups.Value.Remove(number);
        if ((await LookAsync(again: false, cancellation)).NoFilter is null) await _filter.ForgetAsync([number], cancellation);
    }

    /// <summary>The user of a machine, or null.</summary>
    internal uint? UserOf(MachineFolder folder) => FileOwner.IsRoot ? _users.Known(folder.Path) : null;

    /// <summary>
    /// Has the rules be there that somebody may have flushed with all others, and removes what a crash left of machines that are gone.
    /// </summary>
    internal async Task KeepAsync(CancellationToken cancellation)
    {
        if (await LookAsync(again: false, cancellation) is not { NoUsers: null } confines) return;
        var current = _users.Current();
        _groups.Value.Sweep(_range, current.Contains, TimeSpan.FromMinutes(1));
        if (confines.NoFilter is not null) return;
        var running = from path in Directory.Exists(options.MachinesFolder) ? Directory.EnumerateDirectories(options.MachinesFolder) : []
                      let user = _users.Known(path)
                      where user is not null
                      let record = PrivateFile.Read<ProcessRecord>(Path.Combine(path, "process.json"))
                      where record?.Network is not null
                      select (User: user!.Value, Reach: new GuestReach(record.Network!.Value, record.Egress, record.Mbps));
        // Asked anew, once what is known has been read: a machine may have got its user, and its rules, since.
        var then = new Lazy<HashSet<uint>>(_users.Current);
        await _filter.KeepAsync(running.ToList(), user => !then.Value.Contains(user) && !MachineUsers.IsRunning(user), cancellation);
    }

    /// <summary>What people are told of it, by name.</summary>
    internal async Task<IReadOnlyList<(string Name, string Value)>> FactsAsync(CancellationToken cancellation)
    {
        var confines = await LookAsync(again: true, cancellation);
        return
        [
            ("user", confines.NoUsers is { } noUsers
                ? $"machines run as the server's own user: {noUsers}"
                : string.Create(CultureInfo.InvariantCulture, $"one for each machine, {_range.First + 1} to {_range.Last}")),
            ("network", confines.NoFilter is { } noFilter
                ? $"isolated unless a machine states lan; internet cannot be had: {noFilter}"
                : "internet unless a machine states otherwise; kept apart by nftables"),
            ("bandwidth", confines.NoBandwidth is { } noBandwidth ? $"cannot be limited: {noBandwidth}" : "limited by nftables where a machine states networkMbps"),
            ("controlGroups", confines.NoUsers is not null ? "none: machines have no users of their own" : _groups.Value.Kind),
        ];
    }

    /// <summary>Ends what a QEMU that was taken over has left running beside it. Its own process has ended.</summary>
    internal Task EndOthersAsync(MachineFolder folder, CancellationToken cancellation) => UserOf(folder) is { } user ? EndOthersAsync(user, cancellation) : Task.CompletedTask;

    /// <exception cref="HypervisorException">Busy: they do not end.</exception>
    private async Task EndOthersAsync(uint user, CancellationToken cancellation)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            // Those that are started meanwhile are met in the next round.
            var left = (_groups.Value.Are ? _groups.Value.ProcessesOf(user) : HostProcesses.All()).Where(p => HostProcesses.User(p) == user && HostProcesses.StartTicks(p) is not null).ToList();
            if (left.Count == 0) return;
            foreach (var pid in left) HostProcesses.Kill(pid, () => HostProcesses.User(pid) == user);
            await Task.Delay(s_round, TimeProvider.System, cancellation);
        }

        throw new HypervisorException(HypervisorErrorKind.Busy, string.Create(CultureInfo.InvariantCulture, $"processes of user {user} do not end"));
    }

    /// <summary>Privileges given up for good: user, groups, every capability, and whatever a program with a set-user-id bit would give (setpriv(1)).</summary>
    private List<string> Before(uint user, string accelerator)
    {
        var groups = Text(_range.First);
        // /dev/kvm is a group's, "kvm" as udev has it.
        if (accelerator == "kvm" && FileOwner.Of("/dev/kvm") is { Group: > 0 } kvm) groups += "," + Text(kvm.Group);
        return
        [
            options.SetprivProgram, "--reuid=" + Text(user), "--regid=" + Text(user), "--groups=" + groups, "--no-new-privs",
            "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--",
        ];
    }

    private async Task<string?> NoUsersAsync(CancellationToken cancellation)
    {
        if (options.Users is null) return "off by configuration";
        if (!FileOwner.IsRoot) return "the server is not root";
        try
        {
            Directory.CreateDirectory(options.MachinesFolder, OwnerOnly.Folder);
            // Older servers left it for everybody to see, where the folder above did not.
            if ((File.GetUnixFileMode(options.MachinesFolder) & ~UnixFileMode.GroupExecute) != OwnerOnly.Folder) File.SetUnixFileMode(options.MachinesFolder, OwnerOnly.Folder);
            _rights.LetThrough(Path.Combine(options.MachinesFolder, "any"));
            // By a user as machines will have one: it must come as far as this folder, and must not see into it.
            var before = Before(_range.Last, "");
            await commands.RequireAsync(new Command(before[0], [.. before.Skip(1), "/bin/sh", "-c", """cd "$1" && ! ls""", "trial", options.MachinesFolder]), cancellation);
            return null;
        }
        catch (Exception e) when (e is HypervisorException or IOException or UnauthorizedAccessException)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
