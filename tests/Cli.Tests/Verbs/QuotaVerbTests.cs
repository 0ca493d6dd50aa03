using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>limits</c>, <c>users limits</c> and <c>projects limits</c>, and how refusals for their sake are told.</summary>
public sealed class QuotaVerbTests
{
    private static readonly QuotaStanding s_ann = new()
    {
        Name = "ann",
        Set = new Quotas { Machines = 3, DiskGiB = Quotas.Unlimited },
        Limits = new Quotas { Machines = 3, MemoryMiB = 8192, OneRunningMachine = true },
        Used = new QuotaUse { Machines = 3, RunningMachines = 1, Cpus = 4, MemoryMiB = 1536, DiskGiB = 30, ImageBytes = 3L << 30 },
    };

    private static readonly QuotaStanding s_class = new() { Name = "class", Set = new Quotas(), Limits = new Quotas { RunningMachines = 30 }, Used = new QuotaUse { Machines = 40, RunningMachines = 12 } };

    [Fact]
    public async Task One_sees_what_one_has_and_may_have()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/limits", () => new Limits
        {
            MemoryMiB = new(1, 2), DiskGiB = new(1, 2), Cpus = new(1, 2), HostPorts = new(1, 2), User = s_ann, Project = s_class,
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("limits")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            OF                 YOU                PROJECT CLASS
            machines           3 of 3             40
            running machines   1                  12 of 30
            CPUs               4                  0
            memory             1.5 GiB of 8 GiB   0 B
            disks              30 GiB             0 B
            snapshots          0                  0
            images             3 GiB              0 B

            """);
        shell.Error.ShouldContain("One machine of yours may run at a time.");
    }

    [Fact]
    public async Task What_is_named_is_set_and_the_rest_stays()
    {
        Quotas? set = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/users/ann/limits", () => s_ann)
            .Put("/users/ann/limits", (Quotas q) =>
            {
                set = q;
                return s_ann with { Set = q };
            })
            .Get("/projects/class/limits", () => s_class)
            .Put("/projects/class/limits", (Quotas q) => LittleServer.Refuse("forbidden", 403, "Only administrators may do this.")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("users", "limits", "ann")).ShouldBe(0, shell.Error);
        set.ShouldBeNull("looking sets nothing");
        shell.Out.ShouldContain("machines              3         3          3\n");
        shell.Out.ShouldContain("memory                1.5 GiB   8 GiB      default\n");
        shell.Out.ShouldContain("disks                 30 GiB    no limit   no limit\n");
        shell.Out.ShouldContain("one running machine             yes        default\n");
        (await shell.RunAsync("users", "limits", "ann", "--memory", "4G", "--cpus", "none", "--disk", "default", "--images", "20G", "--running", "0", "--one-running", "no")).ShouldBe(0, shell.Error);
        set.ShouldBe(new Quotas { Machines = 3, MemoryMiB = 4096, Cpus = -1, ImageBytes = 20L << 30, RunningMachines = 0, OneRunningMachine = false });
        (await shell.RunAsync("users", "limits", "ann", "--machines", "many")).ShouldBe(2);
        shell.Error.ShouldContain("--machines: 'many' is not a number: write 3, none or default");
        (await shell.RunAsync("projects", "limits", "class", "--machines", "3")).ShouldBe(4);
    }

    [Fact]
    public async Task A_launch_that_meets_a_running_machine_tells_how_to_get_there()
    {
        var running = new RunningMachine("01", "lab", "class", "http://warren.example/machines/01");
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines", () => Results.Json(
            new Problem("urn:warren:problem:already-running", "A machine is running already", 409, $"One machine may run at a time, and 'lab' does: {running.Url}. Use that, or stop it first.") { Machine = running },
            WarrenJson.Options, "application/problem+json", 409)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--no-key")).ShouldBe(6);
        shell.Error.ShouldContain("'lab' does: http://warren.example/machines/01.");
        shell.Error.ShouldContain("`warren ssh lab`");
        shell.Error.ShouldContain("`warren stop lab`");
    }

    [Fact]
    public async Task A_launch_beyond_ones_share_tells_which_and_whose()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines", () => Results.Json(
            new Problem("urn:warren:problem:quota-exceeded", "That is more than your share", 403, "machines: 'ann' may have 3 machines and has 3; 1 more is asked for. Delete one, or ask an administrator for more.")
            {
                Errors = new Dictionary<string, string[]> { ["machines"] = ["'ann' may have 3 machines and has 3; 1 more is asked for"] },
            }, WarrenJson.Options, "application/problem+json", 403)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--no-key")).ShouldBe(6);
        shell.Error.ShouldContain("machines: 'ann' may have 3 machines and has 3; 1 more is asked for");
        shell.Error.ShouldContain("`warren limits`");
    }
}
