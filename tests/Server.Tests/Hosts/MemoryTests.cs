using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Hypervisors.Fake;
using Warren.Server.Hosts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>A host takes machines by what was promised and by what is really free, on both databases.</summary>
public abstract class MemoryTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    private const string Often = "Hosts:MemoryEvery=00:00:00.05";

    [Fact]
    public async Task What_others_take_of_a_hosts_memory_is_not_promised_again()
    {
        await using var server = await ReadyAsync(4096);
        var memory = (await DriverAsync<FakeHypervisor>(server, "a")).Memory;
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = 512 });
        await BecomesAsync(server, "a", h => h is { MemoryTakenMiB: 256, MemoryAvailableMiB: 4096 - 256, MemoryUsedMiB: 512 + 96 }, "tells what is taken");

        memory.OthersMiB = 2500;
        await BecomesAsync(server, "a", h => h.MemoryAvailableMiB == 4096 - 256 - 2500, "tells what is free");
        var problem = await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a","memoryMiB":1024}""", 409);
        problem.Type.ShouldEndWith("capacity-exhausted");
        // m may still take 352 of its 608.
        problem.Detail!.ShouldContain("of 1340 MiB that are really free on host 'a' machines there may still take 352 and 256 stay free");
        // 1340 - 352 - 256 is 732.
        (await server.LaunchAsync(new LaunchRequest { Name = "n", Image = "tiny", Host = "a", MemoryMiB = 512 })).State.ShouldBe(MachineState.Running);

        memory.OthersMiB = 0;
        await BecomesAsync(server, "a", h => h.MemoryAvailableMiB > 3000, "tells what is free again");
        await server.LaunchAsync(new LaunchRequest { Name = "o", Image = "tiny", Host = "a", MemoryMiB = 1024 });
    }

    [Fact]
    public async Task What_a_machine_has_already_or_has_given_back_does_not_count_against_it()
    {
        // Looked at once, and then not again while the test runs.
        await using var server = await StartAsync("Hosts:MemoryEvery=00:00:20");
        await server.AddImageAsync();
        await AddAsync(server, new AddHostRequest { Name = "a", Hypervisor = "fake", Settings = Settings(("memoryMiB", "4096")) });
        await BecomesAsync(server, "a", h => h.Usable && h.MemoryAvailableMiB == 4096, "usable");
        var driver = await DriverAsync<FakeHypervisor>(server, "a");
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = 2048 });
        driver.Memory.OthersMiB = 1000;
        var seen = await driver.MemoryUse!.LookAsync([machine.Id], TestContext.Current.CancellationToken);
        server.Get<HostMemories>().Put("a", seen);
        (await GetAsync(server, "a")).MemoryAvailableMiB.ShouldBe(4096 - 1024 - 1000);
        await SucceedsAsync(server, "machines/m/start");
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        server.Get<HostMemories>().Put("a", seen);
        await SucceedsAsync(server, "machines/m/start");
        server.Get<HostMemories>().Put("a", seen);
        await server.EndAsync(await server.DeleteAsync("machines/m"));
        await server.LaunchAsync(new LaunchRequest { Name = "n", Image = "tiny", Host = "a", MemoryMiB = 2048 });
    }

    [Fact]
    public async Task More_is_promised_than_there_is_where_that_is_wanted_and_what_is_really_free_still_decides()
    {
        await using var server = await ReadyAsync(4096, "Hosts:MemoryOvercommit=2");
        (await GetAsync(server, "a")).MemoryMiB.ShouldBe((4096 - 1024) * 2);
        for (var i = 0; i < 4; i++) await server.LaunchAsync(new LaunchRequest { Name = $"m{i}", Image = "tiny", Host = "a", MemoryMiB = 1024 });
        (await GetAsync(server, "a")).MemoryUsedMiB.ShouldBe(4 * (1024 + 96), "more than the host has");
        await BecomesAsync(server, "a", h => h.MemoryTakenMiB == 4 * 512, "tells what is taken");
        var memory = (await DriverAsync<FakeHypervisor>(server, "a")).Memory;
        memory.OthersMiB = 1300;
        await BecomesAsync(server, "a", h => h.MemoryAvailableMiB == 4096 - 2048 - 1300, "tells what is free");
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a","memoryMiB":1024}""", 409)).Detail!.ShouldContain("748 MiB that are really free");
    }

    [Fact]
    public async Task A_host_that_does_not_tell_is_judged_by_what_was_promised()
    {
        await using var server = await ReadyAsync(2048);
        var driver = await DriverAsync<FakeHypervisor>(server, "a");
        driver.Memory.OthersMiB = 2048;
        await BecomesAsync(server, "a", h => h.MemoryAvailableMiB == 0, "is full");
        await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a","memoryMiB":512}""", 409);
        driver.Faults.Fail("LookMemory", Warren.Hypervisors.HypervisorErrorKind.Rejected, int.MaxValue);
        server.Clock.Advance(TimeSpan.FromSeconds(40));
        await BecomesAsync(server, "a", h => h.MemoryAvailableMiB is null, "tells nothing that counts");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = 512 });
    }

    [Fact]
    public async Task The_machines_of_a_host_are_shown_with_what_they_take()
    {
        await using var server = await ReadyAsync(4096);
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a", MemoryMiB = 512 });
        await server.LaunchAsync(new LaunchRequest { Name = "off", Image = "tiny", Host = "a", MemoryMiB = 512 });
        await SucceedsAsync(server, "machines/off/stop", new StopRequest { Force = true });
        var there = (await server.Client.GetFromJsonAsync<Page<HostMachine>>("hosts/a/machines", WarrenJson.Options))!.Items;
        there.Single(m => m.Machine == "m").ShouldSatisfyAllConditions(m => m.PromisedMiB.ShouldBe(512), m => m.Memory.ShouldBe(new MemoryUse(256, 256)));
        there.Single(m => m.Machine == "off").ShouldSatisfyAllConditions(m => m.PromisedMiB.ShouldBe(512), m => m.Memory.ShouldBeNull());
    }

    private async Task<TestServer> ReadyAsync(int memoryMiB, params string[] settings)
    {
        var server = await StartAsync([Often, .. settings]);
        await server.AddImageAsync();
        await AddAsync(server, new AddHostRequest { Name = "a", Hypervisor = "fake", Settings = Settings(("memoryMiB", $"{memoryMiB}")) });
        await BecomesAsync(server, "a", h => h.Usable && h.MemoryAvailableMiB == memoryMiB, "usable");
        return server;
    }
}

public sealed class SqliteMemoryTests() : MemoryTests(null);

public sealed class PostgresMemoryTests(PostgresCluster cluster) : MemoryTests(cluster);
