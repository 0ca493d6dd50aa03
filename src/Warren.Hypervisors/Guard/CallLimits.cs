namespace Warren.Hypervisors.Guard;

/// <summary>
/// How long a call may take before its host counts as silent, by the call's name: <c>Observe</c>, <c>Create</c>, and for a
/// facet's calls <c>Snapshots.Create</c>. Generous where bytes are copied, short where somebody only looks.
/// </summary>
public sealed class CallLimits
{
    private static readonly TimeSpan Otherwise = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, TimeSpan> Ordinary = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Observe"] = TimeSpan.FromSeconds(15),
        ["List"] = TimeSpan.FromSeconds(30),
        // libvirt 9 takes 56 s for its first look at an unusable /dev/kvm; QEMU's own probe boots a guest.
        ["Probe"] = TimeSpan.FromMinutes(2),
        ["Create"] = TimeSpan.FromMinutes(30),
        // A suspended machine's memory is read from disk.
        ["Start"] = TimeSpan.FromMinutes(15),
        ["Delete"] = TimeSpan.FromMinutes(10),
        ["Guest.Ping"] = TimeSpan.FromSeconds(10),
        ["Guest.ReadFile"] = TimeSpan.FromSeconds(30),
        ["Ports.Open"] = TimeSpan.FromSeconds(20),
        ["Addresses.List"] = TimeSpan.FromSeconds(10),
        ["Activity.Look"] = TimeSpan.FromSeconds(15),
        ["MemoryUse.Look"] = TimeSpan.FromSeconds(15),
        ["Suspend"] = TimeSpan.FromMinutes(15),
        ["Resize"] = TimeSpan.FromMinutes(10),
        ["Snapshots.Create"] = TimeSpan.FromMinutes(15),
        ["Snapshots.Restore"] = TimeSpan.FromMinutes(15),
        ["Snapshots.Delete"] = TimeSpan.FromMinutes(30),
        ["Clones.Clone"] = TimeSpan.FromHours(1),
        ["Clones.Flatten"] = TimeSpan.FromHours(1),
        ["Forks.Freeze"] = TimeSpan.FromMinutes(10),
        ["Forks.Fork"] = TimeSpan.FromSeconds(60),
        // The first-boot script is part of it.
        ["Forks.Renew"] = TimeSpan.FromMinutes(10),
        ["Forks.Delete"] = TimeSpan.FromMinutes(10),
        ["Migration.Migrate"] = TimeSpan.FromHours(1),
    };

    private readonly Dictionary<string, TimeSpan> _limits = new(Ordinary, StringComparer.OrdinalIgnoreCase);

    /// <summary>The ordinary limits, with some replaced.</summary>
    /// <param name="replaced">Limits by name; <c>*</c> replaces every one that is not named.</param>
    public CallLimits(IReadOnlyDictionary<string, TimeSpan>? replaced = null)
    {
        if (replaced?.TryGetValue("*", out var all) == true)
        {
            _limits.Clear();
            _limits["*"] = all;
        }

        foreach (var (name, limit) in replaced ?? new Dictionary<string, TimeSpan>(StringComparer.Ordinal)) _limits[name] = limit;
    }

    /// <summary>How long a call may take.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="arguments">What it is given: a guest's program states its own time, to which some is added for the way.</param>
    public TimeSpan Of(string call, IReadOnlyList<object?> arguments)
    {
        var limit = _limits.TryGetValue(call, out var own) ? own
            : call.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && _limits.TryGetValue(call[..dot], out var facet) ? facet
            : _limits.GetValueOrDefault("*", Otherwise);
        return arguments.OfType<GuestExec>().FirstOrDefault() is { } exec ? exec.Timeout + limit : limit;
    }
}
