using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Machines.Workflows;
using Warren.Server.Tests.Hosting;

namespace Warren.Soak.Tests;

/// <summary>
/// Many clients claim from pools of several sizes and give back, on a server that lives, and on one that is killed every few
/// seconds: no machine is ever lent twice, none is left behind, and whoever waits is served in the order of the tickets.
/// </summary>
public abstract class ClaimCampaign(PostgresCluster? cluster) : IDisposable
{
    private static readonly Dictionary<string, (int Target, int Max)> Pools = new(StringComparer.Ordinal) { ["one"] = (1, 4), ["few"] = (5, 20), ["many"] = (20, 60) };
    private static readonly string[] Settings = ["Pools:FillingAtOnce=8", "Operations:LeaseSeconds=3", "Machines:LeftoverSearchSeconds=1", "Ports:First=26000", "Ports:Last=27999", "Ports:CoolDownSeconds=1", "Limits:CreationsPerMinute=0", "Limits:CreationsPerMinutePerAddress=0", "Limits:ChangesPerMinute=0", "Logging:LogLevel:Default=None"];
    private readonly string _data = Directory.CreateTempSubdirectory("warren-claims-").FullName;

    private static int Claims => Campaign.IsFull ? 10_000 : 120;

    private static int ClaimsOfMortal => Campaign.IsFull ? 10_000 : 40;

    private static int Clients => Campaign.IsFull ? 200 : 30;

    [Fact]
    public async Task Nothing_is_lent_twice_or_left_behind_and_the_line_is_kept()
    {
        var ledger = new ClaimLedger(Claims);
        // Jumps of the clock end leases; they must not end tickets, whose server is well.
        await using var server = await TestServer.StartAsync(await DatabaseAsync(), _data, settings: [.. Settings, "Pools:TicketSeconds=100000"]);
        await PrepareAsync(server);
        ledger.Server = (server.Url, server.Token);
        var started = server.Clock.GetTimestamp();
        var claiming = Claimers(ledger, keptPercent: 5);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!claiming.IsCompleted)
        {
            await timer.WaitForNextTickAsync();
            // Leases that nobody gives back would fill the smallest pool in the end.
            if (ledger.Kept.Count >= 3) Expire(server, ledger);
        }

        await claiming;
        var took = server.Clock.GetElapsedTime(started);
        Expire(server, ledger);
        await HoldAsync(server, ledger, took);
    }

    [Fact]
    public async Task The_same_while_the_server_is_killed_every_few_seconds()
    {
        var ledger = new ClaimLedger(ClaimsOfMortal);
        var (dice, postgres) = (new Dice(Campaign.Seed()), await DatabaseAsync());
        await using (var first = await TestServer.StartAsync(postgres, _data, settings: Settings)) await PrepareAsync(first);
        // What a dead server held, its steps and its places in the line, is free again well before the next one dies.
        string[] settings = [.. Settings.Select(s => "--" + s), "--Pools:TicketSeconds=2"];
        var mortal = await MortalServer.StartAsync(_data, postgres, settings);
        var started = TimeProvider.System.GetTimestamp();
        ledger.Server = (mortal.Url, mortal.Token);
        var claiming = Claimers(ledger, keptPercent: 0);
        var (deaths, lent) = (0, 0);
        while (!claiming.IsCompleted)
        {
            await Task.WhenAny(claiming, Task.Delay(TimeSpan.FromMilliseconds(5000 + dice.Roll(4000)), TimeProvider.System));
            // On a busy machine a few seconds may not be enough for anything; a server that never lends proves nothing.
            for (var i = 0; i < 300 && ledger.Lent.Count == lent && !claiming.IsCompleted; i++) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            lent = ledger.Lent.Count;
            await mortal.KillAsync();
            deaths++;
            if (claiming.IsCompleted) break;
            mortal = await MortalServer.StartAsync(_data, postgres, settings);
            ledger.Server = (mortal.Url, mortal.Token);
        }

        await claiming;
        var took = TimeProvider.System.GetElapsedTime(started);
        Campaign.Say($"killed {deaths} times, {ledger.Broken} requests broken off");
        await using var server = await TestServer.StartAsync(postgres, _data, settings: Settings);
        await HoldAsync(server, ledger, took);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(_data, recursive: true);
    }

    private async Task<string?> DatabaseAsync() => cluster is null ? null : await cluster.CreateDatabaseAsync();

    private static async Task PrepareAsync(TestServer server)
    {
        await server.AddImageAsync();
        foreach (var (name, (target, max)) in Pools)
        {
            var request = new CreatePoolRequest { Name = name, Target = target, Max = max, Machine = new LaunchRequest { Image = "tiny", MemoryMiB = 128, DiskGiB = 5 } };
            using var answer = await server.Client.PostAsJsonAsync("pools", request, WarrenJson.Options);
            answer.EnsureSuccessStatusCode();
        }
    }

    private static Task Claimers(ClaimLedger ledger, int keptPercent)
    {
        var dice = new Dice(Campaign.Seed());
        return Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => new Claimer(dice.Fork(), ledger, [.. Pools.Keys], keptPercent).RunAsync()).ToList());
    }

    private static void Expire(TestServer server, ClaimLedger ledger)
    {
        while (ledger.Kept.TryDequeue(out _)) { }
        server.Clock.Advance(TimeSpan.FromSeconds(Claimer.LeaseSeconds + 1));
    }

    /// <summary>In the end: every claim has its lease, every lease has ended, the pools are full again, and nothing else is anywhere.</summary>
    private static async Task HoldAsync(TestServer server, ClaimLedger ledger, TimeSpan took)
    {
        ledger.Oddities.ShouldBeEmpty();
        await Eventually.BecomesAsync(async () =>
        {
            await using var db = server.Db();
            return !await db.Leases.AnyAsync(l => l.EndedAt == null || !l.Counted) && (await PoolsAsync(server)).All(p => p.Spares == p.Target && p is { Lent: 0, Filling: 0, Leaving: 0 });
        }, "every lease has ended and the pools are full", TimeSpan.FromMinutes(3), async () => string.Join('\n', (await PoolsAsync(server)).Select(p => $"{p.Name}: {p.Spares} spares, {p.Filling} filling, {p.Lent} lent, {p.Leaving} leaving, {p.Problem}").Concat(await FailedDeletionsAsync(server.Db()))));
        await Invariants.SettleAsync(server);
        await using var db = server.Db();
        var leases = await db.Leases.AsNoTracking().ToListAsync();
        leases.Select(l => l.MachineId).ShouldBeUnique();
        leases.Select(l => l.Id).ShouldBe(ledger.Lent.Values, ignoreOrder: true);
        foreach (var line in leases.Where(l => l.Ticket is not null).GroupBy(l => l.PoolName))
            line.OrderBy(l => l.Ticket).Select(l => l.ClaimedAt).ShouldBeInOrder(SortDirection.Ascending, line.Key);
        var ids = await db.Machines.Select(m => m.Id).ToListAsync();
        ids.Intersect(ledger.Lent.Keys, StringComparer.Ordinal).ShouldBeEmpty("lent once and still there");
        ids.Count.ShouldBe(Pools.Values.Sum(p => p.Target));
        (await server.Get<IHypervisor>().ListAsync(CancellationToken.None)).Select(m => m.MachineId!).ShouldBe(ids, ignoreOrder: true);
        (await db.Tickets.CountAsync(t => t.AliveUntil >= server.Clock.GetUtcNow())).ShouldBe(0);
        var pools = await PoolsAsync(server);
        pools.Sum(p => p.Statistics.Hits + p.Statistics.Misses - p.Statistics.Refused).ShouldBe(leases.Count);
        Campaign.Say($"{leases.Count} leases in {took.TotalSeconds:0} s, {leases.Count(l => l.Ticket is null)} at once, {ledger.Empty} answers that there was none; "
            + string.Join(", ", pools.Select(p => $"{p.Name}: p50 {p.Statistics.WaitP50Ms} ms, p99 {p.Statistics.WaitP99Ms} ms, fill {p.Statistics.FillMs} ms")));
        foreach (var pool in pools)
        {
            using var answer = await server.Client.DeleteAsync($"pools/{pool.Name}");
            answer.EnsureSuccessStatusCode();
        }

        await Invariants.SettleAsync(server);
        (await db.Machines.CountAsync()).ShouldBe(0);
        (await db.PortForwards.CountAsync()).ShouldBe(0);
        (await server.Get<IHypervisor>().ListAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    /// <summary>Why machines that are still there were not deleted, of those that nobody deletes at the moment.</summary>
    private static async Task<List<string>> FailedDeletionsAsync(WarrenDb db) => await db.Operations
        .Where(o => o.Kind == DeleteMachine.Name && o.ProblemJson != null && db.Machines.Any(m => m.Id == o.SubjectId) && !db.Operations.Any(p => p.SubjectId == o.SubjectId && p.Live))
        .Select(o => o.ProblemJson!).ToListAsync();

    private static async Task<IReadOnlyList<Pool>> PoolsAsync(TestServer server) => (await server.Client.GetFromJsonAsync<Page<Pool>>("pools", WarrenJson.Options))!.Items;
}

public sealed class SqliteClaimCampaign() : ClaimCampaign(null);

public sealed class PostgresClaimCampaign(PostgresCluster cluster) : ClaimCampaign(cluster);
