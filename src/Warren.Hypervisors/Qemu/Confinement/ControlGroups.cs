using System.Globalization;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>What a machine's QEMU may take of its host.</summary>
/// <param name="MemoryBytes">Memory, page cache of its disks included, which the kernel takes back first.</param>
/// <param name="CpuPercent">CPU time, in per cent of one CPU.</param>
/// <param name="Tasks">Threads and processes.</param>
internal sealed record GroupLimits(long MemoryBytes, int CpuPercent, int Tasks)
{
    /// <summary>
    /// What QEMU has beside the guest's memory: its program, devices and screen, and without KVM up to 1 GiB of translated code (accel/tcg/region.c, the most
    /// that is taken by default).
    /// </summary>
    private const long OverheadMiB = 384, TranslatedMiB = 1024;

    /// <summary>The limits of a machine: half a CPU more than it has for QEMU's own threads; 64 threads for each of its disks' pools is what QEMU starts at most.</summary>
    internal static GroupLimits Of(MachineDefinition definition, string accelerator) => new(
        (definition.MemoryMiB + OverheadMiB + (accelerator == "kvm" ? 0 : TranslatedMiB)) << 20, (definition.Cpus * 100) + 50, 256 + definition.Cpus);
}

/// <summary>
/// Control groups, written as files: of version 2 where it has the controllers, else of version 1 (kernel documentation, cgroup-v2.rst and cgroup-v1/). A
/// machine's is named by its user, and QEMU is in it before it runs.
/// </summary>
/// <param name="mounted">Where they are: <c>/sys/fs/cgroup</c>.</param>
/// <param name="own">Which ones this process is in: the text of <c>/proc/self/cgroup</c>.</param>
internal sealed class ControlGroups(string mounted, string own)
{
    private const int PeriodMicroseconds = 100_000;

    private const string Prefix = "warren-", Ours = "warren";

    private static readonly string[] s_controllers = ["memory", "cpu", "pids"];

    /// <summary><c>v2</c>, <c>v1</c>, or <c>none</c> with the reason.</summary>
    internal string Kind { get; } = Find(mounted, own);

    internal bool Are => Kind is "v1" or "v2";

    /// <summary>Makes a machine's groups, or sets them anew.</summary>
    /// <returns>The files to which a process writes 0 to be in them.</returns>
    /// <exception cref="HypervisorException">Rejected: they cannot be made, and the limits would not hold.</exception>
    internal IReadOnlyList<string> Make(uint user, GroupLimits limits)
    {
        if (!Are) return [];
        var quota = (long)limits.CpuPercent * PeriodMicroseconds / 100;
        try
        {
            var joined = new List<string>();
            foreach (var (controllers, folder) in Folders(user))
            {
                Directory.CreateDirectory(folder);
                foreach (var controller in controllers)
                {
                    foreach (var (file, value) in Files(controller, limits, quota)) Write(Path.Combine(folder, file), value);
                }

                joined.Add(Path.Combine(folder, "cgroup.procs"));
            }

            return joined;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"the machine's control group cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Processes in a machine's groups.</summary>
    internal IReadOnlyList<int> ProcessesOf(uint user)
    {
        var found = new HashSet<int>();
        if (!Are) return [];
        foreach (var file in Folders(user).Select(f => Path.Combine(f.Folder, "cgroup.procs")).Where(File.Exists))
        {
            foreach (var line in File.ReadLines(file))
            {
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0) found.Add(pid);
            }
        }

        return [.. found];
    }

    /// <summary>Removes a machine's groups; one that is still in use stays, and is swept later.</summary>
    internal void Remove(uint user)
    {
        if (!Are) return;
        foreach (var (_, folder) in Folders(user)) TryRemove(folder);
    }

    /// <summary>Removes groups that a crash left: of users that no machine has, and empty; the kernel refuses all others.</summary>
    /// <param name="range">Whose groups may be removed.</param>
    /// <param name="isCurrent">Whose are not.</param>
    /// <param name="age">Younger ones are left: another server on this host may be about to start a machine in one.</param>
    internal void Sweep(UserRange range, Func<uint, bool> isCurrent, TimeSpan age = default)
    {
        if (!Are) return;
        foreach (var root in Roots().Select(r => r.Folder).Where(Directory.Exists))
        {
            foreach (var folder in Directory.EnumerateDirectories(root, Prefix + "*").ToList())
            {
                if (uint.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var user) && range.Has(user) && !isCurrent(user)
                    && TimeProvider.System.GetUtcNow().UtcDateTime - Directory.GetLastWriteTimeUtc(folder) >= age)
                {
                    TryRemove(folder);
                }
            }
        }
    }

    private IEnumerable<(string[] Controllers, string Folder)> Folders(uint user) =>
        Roots().Select(r => (r.Controllers, Path.Combine(r.Folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{user}"))));

    private IEnumerable<(string[] Controllers, string Folder)> Roots() => Kind == "v2"
        ? [(s_controllers, Path.Combine(mounted, Ours))]
        : s_controllers.Select(c => (new[] { c }, OwnOf(mounted, own, c)));

    private IEnumerable<(string File, string Value)> Files(string controller, GroupLimits limits, long quota) => (Kind, controller) switch
    {
        ("v2", "memory") => [("memory.max", Text(limits.MemoryBytes))],
        ("v2", "cpu") => [("cpu.max", $"{Text(quota)} {Text(PeriodMicroseconds)}")],
        (_, "memory") => [("memory.limit_in_bytes", Text(limits.MemoryBytes))],
        (_, "cpu") => [("cpu.cfs_period_us", Text(PeriodMicroseconds)), ("cpu.cfs_quota_us", Text(quota))],
        _ => [("pids.max", Text(limits.Tasks))],
    };

    /// <summary>Looks by making what machines' groups are made in, or one of them.</summary>
    private static string Find(string mounted, string own)
    {
        try
        {
            var offered = Path.Combine(mounted, "cgroup.controllers");
            if (File.Exists(offered) && s_controllers.Except(File.ReadAllText(offered).Split(' ', '\n'), StringComparer.Ordinal).ToList() is { Count: 0 })
            {
                var ours = Path.Combine(mounted, Ours);
                var enable = string.Join(' ', s_controllers.Select(c => "+" + c));
                Write(Path.Combine(mounted, "cgroup.subtree_control"), enable);
                Directory.CreateDirectory(ours);
                Write(Path.Combine(ours, "cgroup.subtree_control"), enable);
                return "v2";
            }

            if (s_controllers.FirstOrDefault(c => !Directory.Exists(Path.Combine(mounted, c))) is { } missing) return $"none: there is no controller {missing} below {mounted}";
            foreach (var controller in s_controllers)
            {
                var trial = Path.Combine(OwnOf(mounted, own, controller), string.Create(CultureInfo.InvariantCulture, $"{Prefix}trial-{Environment.ProcessId}-{Guid.NewGuid():n}"));
                Directory.CreateDirectory(trial);
                Directory.Delete(trial);
            }

            return "v1";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"none: {e.Message}";
        }
    }

    /// <summary>
    /// The group of version 1 that this process is in: machines' are made below it, so that limits of ours hold for them too. In a container it may be named as
    /// the host names it, and not be there.
    /// </summary>
    private static string OwnOf(string mounted, string own, string controller)
    {
        var root = Path.Combine(mounted, controller);
        var path = own.Split('\n').Select(l => l.Split(':', 3)).FirstOrDefault(f => f.Length == 3 && f[1].Split(',').Contains(controller))?[2].Trim('/') ?? "";
        var folder = Path.Combine(root, path);
        return Directory.Exists(folder) ? folder : root;
    }

    /// <summary>As the kernel takes it: one write to a file that is there.</summary>
    private static void Write(string file, string value)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(value));
    }

    private static void TryRemove(string folder)
    {
        try
        {
            // Not with what is in it: its files are the kernel's and go with it.
            if (Directory.Exists(folder)) Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process is still ending in it.
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
