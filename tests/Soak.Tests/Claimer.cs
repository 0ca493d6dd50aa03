using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Warren.Contracts;

namespace Warren.Soak.Tests;

/// <summary>What all who claim have in common: where the server is at the moment, and what was seen.</summary>
internal sealed class ClaimLedger(int claims)
{
    private int _left = claims;

    /// <summary>The server's address and token; another one after each kill.</summary>
    public (string Url, string Token) Server { get; set; }

    /// <summary>Machines that were lent, each to the claim that got it.</summary>
    public ConcurrentDictionary<string, string> Lent { get; } = new(StringComparer.Ordinal);

    /// <summary>Machines whose lease is left to end by itself.</summary>
    public ConcurrentQueue<string> Kept { get; } = new();

    /// <summary>What no caller should ever see.</summary>
    public ConcurrentQueue<string> Oddities { get; } = new();

    /// <summary>Tries that the server did not live to answer.</summary>
    public int Broken;

    /// <summary>Answers that there is no spare.</summary>
    public int Empty;

    public bool Done => Volatile.Read(ref _left) <= 0;

    public bool Next() => Interlocked.Decrement(ref _left) >= 0;
}

/// <summary>Somebody who claims and gives back, again and again; what got no answer is asked again with the same key.</summary>
internal sealed class Claimer(Dice dice, ClaimLedger ledger, IReadOnlyList<string> pools, int keptPercent)
{
    /// <summary>Much less than what a deletion may take: the clock jumps over it while others are under way.</summary>
    public const int LeaseSeconds = 120;

    public async Task RunAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        while (ledger.Next())
        {
            var key = Guid.NewGuid().ToString("n");
            var lease = await ClaimAsync(http, dice.Pick(pools), key);
            if (!ledger.Lent.TryAdd(lease.MachineId, lease.Id)) ledger.Oddities.Enqueue($"machine {lease.MachineId} was lent twice, by {ledger.Lent[lease.MachineId]} and {lease.Id}");
            if (dice.Chance(10) && (await ClaimAsync(http, lease.Pool, key)).Id != lease.Id) ledger.Oddities.Enqueue($"the key of {lease.Id} got another lease");
            if (dice.Chance(keptPercent)) ledger.Kept.Enqueue(lease.MachineId);
            else await EndAsync(http, dice.Chance(20) ? $"machines/{lease.MachineId}" : $"claims/{lease.Id}");
        }
    }

    private async Task<Lease> ClaimAsync(HttpClient http, string pool, string key)
    {
        while (true)
        {
            using var answer = await SendAsync(http, HttpMethod.Post, $"pools/{pool}/claims?wait=60", key);
            switch (answer?.StatusCode)
            {
                case null:
                    break;
                case HttpStatusCode.Created:
                    return (await answer.Content.ReadFromJsonAsync<Lease>(WarrenJson.Options))!;
                case HttpStatusCode.ServiceUnavailable:
                    Interlocked.Increment(ref ledger.Empty);
                    if (answer.Headers.RetryAfter is null) ledger.Oddities.Enqueue("no Retry-After");
                    break;
                default:
                    ledger.Oddities.Enqueue($"claim: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                    await PauseAsync();
                    break;
            }
        }
    }

    /// <summary>Until it is under way, or has ended already: an answer may have got lost.</summary>
    private async Task EndAsync(HttpClient http, string path)
    {
        while (true)
        {
            using var answer = await SendAsync(http, HttpMethod.Delete, path, null);
            if (answer is null) continue;
            if (answer.StatusCode is not (HttpStatusCode.Accepted or HttpStatusCode.NotFound or HttpStatusCode.Conflict))
                ledger.Oddities.Enqueue($"DELETE {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return;
        }
    }

    /// <returns>The answer, or null when the server is away.</returns>
    private async Task<HttpResponseMessage?> SendAsync(HttpClient http, HttpMethod method, string path, string? key)
    {
        var (url, token) = ledger.Server;
        using var request = new HttpRequestMessage(method, $"{url}/api/v1/{path}");
        request.Headers.Authorization = new("Bearer", token);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (method == HttpMethod.Post) request.Content = JsonContent.Create(new ClaimRequest { TtlSeconds = LeaseSeconds }, options: WarrenJson.Options);
        try
        {
            return await http.SendAsync(request);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Interlocked.Increment(ref ledger.Broken);
            await PauseAsync();
            return null;
        }
    }

    /// <summary>Two hundred who ask a dead server ten times a second would leave the next one little to start with.</summary>
    private static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
}
