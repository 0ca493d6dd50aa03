using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Soak.Tests;

/// <summary>
/// Launches and deletes side by side on a range hardly larger than what is asked for: no port is ever two machines' at
/// once, and none is handed out again before it has rested.
/// </summary>
public abstract class PortCampaign(PostgresCluster? cluster) : IDisposable
{
    private const int CoolDown = 60, First = 25000, Last = 25039, Actors = 8;
    private readonly ConcurrentQueue<(string Port, DateTimeOffset From, DateTimeOffset Until)> _held = new();

    // The clock moves only while nobody asks or waits: what is compared must not have been read on both sides of a jump.
    private readonly SemaphoreSlim _turns = new(Actors), _mover = new(1);
    private int _full;

    /// <summary>Both times are read a moment beside the transactions that they stand for.</summary>
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(5);

    private static int Launches => Campaign.IsFull ? 1500 : 64;

    [Fact]
    public async Task No_port_is_held_twice_or_handed_out_before_it_has_rested()
    {
        var dice = new Dice(Campaign.Seed());
        await using var server = await TestServer.StartAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(), settings:
        [
            $"Ports:First={First}", $"Ports:Last={Last}", $"Ports:CoolDownSeconds={CoolDown}", "Limits:CreationsPerMinute=0", "Limits:CreationsPerMinutePerAddress=0", "Limits:ChangesPerMinute=0", "Logging:LogLevel:Default=None",
        ]);
        var image = await server.AddImageAsync();
        await Task.WhenAll(Enumerable.Range(0, Actors).Select(_ => dice.Fork()).Select(async mine =>
        {
            for (var i = 0; i < Launches / Actors; i++) await LaunchAndDeleteAsync(server, mine, image);
        }));

        await using var db = server.Db();
        (await db.PortForwards.CountAsync()).ShouldBe(0);
        var reused = 0;
        foreach (var port in _held.GroupBy(h => h.Port))
        {
            var holds = port.OrderBy(h => h.From).ToList();
            for (var i = 1; i < holds.Count; i++, reused++)
                (holds[i].From - holds[i - 1].Until).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(CoolDown) - Reading, $"port {port.Key}");
        }

        reused.ShouldBeGreaterThan(0, "a campaign in which no port came back proves nothing");
        Campaign.Say($"{_held.Count} ports handed out, {reused} of them again, {_full} launches refused because none was free");
    }

    private async Task LaunchAndDeleteAsync(TestServer server, Dice dice, string image)
    {
        var request = new LaunchRequest
        {
            Image = image,
            MemoryMiB = 512,
            DiskGiB = 5,
            Forwards = [.. Enumerable.Range(0, dice.Roll(3)).Select(i => new ForwardRequest { GuestPort = 8000 + i, Protocol = dice.Chance(30) ? "udp" : "tcp" })],
        };
        Operation launch;
        while (true)
        {
            await _turns.WaitAsync();
            using var answer = await server.Client.PostAsJsonAsync("machines", request, WarrenJson.Options);
            if (answer.StatusCode == HttpStatusCode.Accepted)
            {
                launch = (await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!;
                break;
            }

            var said = await answer.Content.ReadAsStringAsync();
            said.ShouldContain("capacity-exhausted");
            Interlocked.Increment(ref _full);
            _turns.Release();
            await MoveAsync(server, TimeSpan.FromSeconds(5 + dice.Roll(10)));
        }

        List<string> ports;
        await using (var db = server.Db())
            ports = [.. (await db.PortForwards.Where(f => f.MachineId == launch.SubjectId).ToListAsync()).Select(f => $"{f.Protocol} {f.HostPort}")];
        ports.Count.ShouldBe(1 + request.Forwards.Count);
        // Some while their launch is still under way, which deletion supersedes.
        if (dice.Chance(60)) (await server.EndAsync(launch)).Status.ShouldBe(OperationStatus.Succeeded);
        var gone = await server.EndAsync(await server.DeleteAsync($"machines/{launch.SubjectId}"));
        gone.Status.ShouldBe(OperationStatus.Succeeded);
        _turns.Release();
        foreach (var port in ports) _held.Enqueue((port, launch.CreatedAt, gone.EndedAt!.Value));
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _turns.Dispose();
        _mover.Dispose();
    }

    private async Task MoveAsync(TestServer server, TimeSpan by)
    {
        await _mover.WaitAsync();
        for (var i = 0; i < Actors; i++) await _turns.WaitAsync();
        server.Clock.Advance(by);
        _turns.Release(Actors);
        _mover.Release();
    }
}

public sealed class SqlitePortCampaign() : PortCampaign(null);

public sealed class PostgresPortCampaign(PostgresCluster cluster) : PortCampaign(cluster);
