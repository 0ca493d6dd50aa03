using System.Net;
using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>What can be done with machines after something failed for good.</summary>
public sealed class FailedMachineTests
{
    [Fact]
    public async Task A_deletion_that_its_host_refuses_leaves_a_failed_machine_that_can_be_deleted_again()
    {
        await using var server = await TestServer.StartAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = await server.AddImageAsync(), MemoryMiB = 512 });
        Faults(server).Fail("Delete", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.DeleteAsync($"machines/{machine.Id}"))).Status.ShouldBe(OperationStatus.Failed);
        var left = (await server.Client.GetFromJsonAsync<Machine>($"machines/{machine.Id}", WarrenJson.Options))!;
        left.State.ShouldBe(MachineState.Failed, "deleting without an operation would last for ever");
        left.Problem!.Detail.ShouldBe("planned failure of Delete");
        (await server.EndAsync(await server.DeleteAsync($"machines/{machine.Id}"))).Status.ShouldBe(OperationStatus.Succeeded);
    }

    [Fact]
    public async Task An_expired_machine_whose_deletion_failed_is_tried_again_but_not_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = await server.AddImageAsync(), MemoryMiB = 512, TtlSeconds = 60 });
        Faults(server).Fail("Delete", HypervisorErrorKind.Rejected);
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () =>
            (await server.Client.GetFromJsonAsync<Machine>($"machines/{machine.Id}", WarrenJson.Options))!.State == MachineState.Failed, "its deletion fails");
        var left = (await server.Client.GetFromJsonAsync<Machine>($"machines/{machine.Id}", WarrenJson.Options))!;
        left.ExpiresAt!.Value.ShouldBeGreaterThan(server.Clock.GetUtcNow() + TimeSpan.FromMinutes(5));
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.BecomesAsync(async () =>
        {
            using var answer = await server.Client.GetAsync($"machines/{machine.Id}");
            return answer.StatusCode == HttpStatusCode.NotFound;
        }, "it is deleted in the end");
    }

    [Fact]
    public async Task A_machine_whose_launch_failed_is_not_started_but_refused_with_what_to_do()
    {
        await using var server = await TestServer.StartAsync();
        Faults(server).Fail("Create", HypervisorErrorKind.Rejected);
        var launch = await server.EndAsync(await server.PostAsync("machines", new LaunchRequest { Image = await server.AddImageAsync(), MemoryMiB = 512 }));
        launch.Status.ShouldBe(OperationStatus.Failed);
        using var answer = await server.Client.PostAsJsonAsync($"machines/{launch.SubjectId}/start", new { });
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("delete it and launch it again");
    }

    /// <summary>Found by the campaign: its host may have removed it before the deletion failed, and then nothing is there that a stopped machine has.</summary>
    [Fact]
    public async Task A_cancelled_start_leaves_a_failed_machine_as_it_was()
    {
        await using var server = await TestServer.StartAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = await server.AddImageAsync(), MemoryMiB = 512, Start = false });
        Faults(server).Fail("Delete", HypervisorErrorKind.Rejected);
        await server.EndAsync(await server.DeleteAsync($"machines/{machine.Id}"));

        Faults(server).Fail("Start", HypervisorErrorKind.Busy, 1000);
        var start = await server.PostAsync($"machines/{machine.Id}/start", new { });
        await server.PostAsync($"operations/{start.Id}/cancel", new { });
        (await server.EndAsync(start)).Status.ShouldBe(OperationStatus.Cancelled);
        var left = (await server.Client.GetFromJsonAsync<Machine>($"machines/{machine.Id}", WarrenJson.Options))!;
        left.State.ShouldBe(MachineState.Failed);
        left.Problem!.Detail.ShouldBe("planned failure of Delete");
    }

    private static FakeFaults Faults(TestServer server) => ((FakeHypervisor)server.Get<IHypervisor>()).Faults;
}
