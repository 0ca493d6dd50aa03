using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>Version 2 as an imitated tree: the machines that this is built on have it without controllers. Version 1 is the real one.</summary>
public sealed class ControlGroupTests : IDisposable
{
    private const uint User = 2_140_000_123;

    private static readonly GroupLimits s_limits = new(1 << 30, 150, 300);

    private readonly string _tree = Directory.CreateTempSubdirectory("wg").FullName;

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Fact]
    public void Version_2_is_written_as_the_kernel_takes_it()
    {
        Kernel("", "cgroup.controllers", "cpuset cpu io memory pids");
        Kernel("", "cgroup.subtree_control");
        Kernel("warren", "cgroup.subtree_control");
        Kernel($"warren/warren-{User}", "memory.max", "cpu.max", "pids.max", "cgroup.procs");
        var groups = new ControlGroups(_tree, "0::/system.slice/warren.service\n");
        groups.Kind.ShouldBe("v2");
        groups.Make(User, s_limits).ShouldBe([Path.Combine(_tree, "warren", $"warren-{User}", "cgroup.procs")]);
        Told("cgroup.subtree_control").ShouldBe("+memory +cpu +pids");
        Told("warren/cgroup.subtree_control").ShouldBe("+memory +cpu +pids");
        Told($"warren/warren-{User}/memory.max").ShouldBe("1073741824");
        Told($"warren/warren-{User}/cpu.max").ShouldBe("150000 100000");
        Told($"warren/warren-{User}/pids.max").ShouldBe("300");
    }

    [Fact]
    public void A_limit_that_cannot_be_written_is_no_limit_and_is_said()
    {
        Kernel("", "cgroup.controllers", "cpu memory pids");
        Kernel("", "cgroup.subtree_control");
        Kernel("warren", "cgroup.subtree_control");
        Should.Throw<Warren.Hypervisors.HypervisorException>(() => new ControlGroups(_tree, "0::/\n").Make(User, s_limits)).Message.ShouldStartWith("the machine's control group cannot be made");
    }

    [Fact]
    public void Without_controllers_there_are_none_and_the_reason_is_said()
    {
        var groups = new ControlGroups(_tree, "0::/\n");
        groups.Kind.ShouldStartWith("none: there is no controller memory");
        groups.Make(User, s_limits).ShouldBeEmpty();
        groups.Remove(User);
        groups.Sweep(UserRange.Default, _ => false);
    }

    [Fact]
    public void Version_1_is_made_limits_and_is_swept_when_nobody_has_it_any_more()
    {
        var groups = new ControlGroups("/sys/fs/cgroup", File.ReadAllText("/proc/self/cgroup"));
        Assert.SkipUnless(groups.Kind == "v1", $"control groups of version 1 are not to be had here ({groups.Kind})");
        var user = (uint)(2_140_900_000 + (Environment.ProcessId % 90_000));
        try
        {
            var joined = groups.Make(user, s_limits);
            joined.Count.ShouldBe(3);
            Read("memory.limit_in_bytes").ShouldBe("1073741824");
            Read("cpu.cfs_quota_us").ShouldBe("150000");
            Read("pids.max").ShouldBe("300");
            groups.Sweep(UserRange.Default, u => u != user || true);
            joined.ShouldAllBe(f => File.Exists(f), "what a machine has is not swept");

            string Read(string file) => joined.Select(f => Path.Combine(Path.GetDirectoryName(f)!, file)).Where(File.Exists).Select(f => File.ReadAllText(f).Trim()).Single();
        }
        finally
        {
            groups.Sweep(UserRange.Default, u => u != user);
        }

        groups.Remove(user);
        foreach (var controller in new[] { "memory", "cpu", "pids" })
            Directory.EnumerateDirectories(Path.Combine("/sys/fs/cgroup", controller), $"warren-{user}", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    /// <summary>Files that the kernel has in a group.</summary>
    private void Kernel(string group, string file, params string[] more)
    {
        var folder = Path.Combine(_tree, group);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, file), file == "cgroup.controllers" ? more[0] : "");
        if (file == "cgroup.controllers") return;
        foreach (var other in more) File.WriteAllText(Path.Combine(folder, other), "");
    }

    private string Told(string file) => File.ReadAllText(Path.Combine(_tree, file));
}
