using System.Globalization;
using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Crowd;

/// <summary>Many launches at the same moment, more than the host has memory for.</summary>
[Collection(MainJob.AloneCollection.Name)]
public sealed class CrowdTests
{
    private const int Asked = 30, Fitting = 12, MemoryMiB = 128, OverheadMiB = 96;

    [Fact]
    public async Task Thirty_parallel_launches_share_the_host_without_a_clash_and_the_rest_are_refused_clearly()
    {
        await using var bed = await TestBed.CreateAsync();
        await bed.StartAsync();
        await bed.StoreTinyAsync();
        var reserve = (await bed.Client.GetHostAsync("local")).MemoryMiB + DefaultReserveMiB - (Fitting * (MemoryMiB + OverheadMiB));
        await bed.StartAsync(string.Create(CultureInfo.InvariantCulture, $"--Hosts:ReservedMemoryMiB={reserve}"));

        var answers = await Task.WhenAll(Enumerable.Range(0, Asked).Select(i => LaunchAsync(bed.Client, i)));
        var refused = answers.Where(a => a.Refusal is not null).ToArray();
        refused.Length.ShouldBe(Asked - Fitting);
        refused.ShouldAllBe(a => a.Refusal!.Kind == "capacity-exhausted" && a.Refusal.Problem.Status == 409);
        refused[0].Refusal!.Message.ShouldContain("memoryMiB");
        foreach (var launched in answers.Where(a => a.Operation is not null))
            (await bed.Client.WaitForOperationAsync(launched.Operation!.Id)).Status.ShouldBe(OperationStatus.Succeeded);

        var alive = await bed.Client.ListMachinesAsync().ToListAsync();
        alive.Count.ShouldBe(Fitting, "the refused ones left no machine");
        alive.ShouldAllBe(m => m.State == MachineState.Running);
        bed.Traces.Processes().ShouldBe(alive.Select(m => m.ProcessId!.Value).Order());
        bed.Traces.MachineFolders().ShouldBe(alive.Select(m => m.Id), ignoreOrder: true);
        var ports = alive.SelectMany(m => m.Forwards).Select(f => f.HostPort).Order().ToList();
        ports.Count.ShouldBe(Fitting);
        ports.ShouldBeUnique();
        ports.ShouldBe(bed.Traces.PortsInRows(), ignoreOrder: false, "the refused ones left no port");
        Traces.Listening(ports).ShouldBe(ports);

        var deletions = await Task.WhenAll(alive.Select(m => bed.Client.DeleteMachineAsync(m.Id)));
        foreach (var deletion in deletions) (await bed.Client.WaitForOperationAsync(deletion.Id)).Status.ShouldBe(OperationStatus.Succeeded);
        bed.Traces.ShouldBeNone(ports);
        (await bed.Client.GetHostAsync("local")).MemoryUsedMiB.ShouldBe(0);
    }

    /// <summary>The server's default of Hosts:ReservedMemoryMiB.</summary>
    private static int DefaultReserveMiB => new Warren.Server.Hosts.HostOptions().ReservedMemoryMiB;

    private static async Task<(Operation? Operation, WarrenException? Refusal)> LaunchAsync(WarrenClient client, int number)
    {
        try
        {
            return (await client.LaunchMachineAsync(new LaunchRequest
            {
                Image = "tiny",
                Name = string.Create(CultureInfo.InvariantCulture, $"c{number}"),
                MemoryMiB = MemoryMiB,
                Cpus = 1,
            }), null);
        }
        catch (WarrenException e)
        {
            return (null, e);
        }
    }
}
