using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Warren.Contracts;

namespace Warren.Soak.Tests;

/// <summary>Somebody who asks a server for things at random, over its API, and notes what no caller should ever see.</summary>
internal sealed class Actor(Dice dice, ConcurrentDictionary<string, byte> machines, ConcurrentQueue<string> oddities, string image)
{
    private string? _lastOperation;

    public int Accepted { get; private set; }

    public int Refused { get; private set; }

    public async Task ActAsync(HttpClient client)
    {
        var known = machines.Keys.Order(StringComparer.Ordinal).ToList();
        var what = known.Count == 0 ? 0 : dice.Roll(100);
        var machine = known.Count == 0 ? "" : dice.Pick(known);
        switch (what)
        {
            case < 30 when known.Count < 40:
                await LaunchAsync(client);
                break;
            case < 45:
                await AskAsync(client, HttpMethod.Post, $"machines/{machine}/start");
                break;
            case < 58:
                await AskAsync(client, HttpMethod.Post, $"machines/{machine}/stop", new StopRequest { Force = dice.Chance(60), GraceSeconds = dice.Roll(3) });
                break;
            case < 66:
                await AskAsync(client, HttpMethod.Post, $"machines/{machine}/restart", new StopRequest { Force = dice.Chance(60), GraceSeconds = 1 });
                break;
            case < 74:
                await AskAsync(client, HttpMethod.Patch, $"machines/{machine}", new EditMachineRequest { MemoryMiB = 512 + (dice.Roll(3) * 128) });
                break;
            case < 86:
                if (_lastOperation is not null) await AskAsync(client, HttpMethod.Post, $"operations/{_lastOperation}/cancel");
                break;
            default:
                await AskAsync(client, HttpMethod.Delete, $"machines/{machine}");
                break;
        }
    }

    private async Task LaunchAsync(HttpClient client)
    {
        var operation = await AskAsync(client, HttpMethod.Post, "machines", new LaunchRequest
        {
            Image = image,
            MemoryMiB = 512,
            DiskGiB = 5,
            Start = dice.Chance(75),
            TtlSeconds = dice.Chance(10) ? 60 : null,
            Forwards = dice.Chance(30) ? [new ForwardRequest { GuestPort = 8000 + dice.Roll(3), Protocol = dice.Chance(30) ? "udp" : "tcp" }] : [],
        });
        if (operation is not null) machines[operation.SubjectId] = 0;
    }

    private async Task<Operation?> AskAsync(HttpClient client, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method != HttpMethod.Delete) request.Content = JsonContent.Create(body ?? new { }, options: WarrenJson.Options);
        using var answer = await client.SendAsync(request);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Accepted:
                Accepted++;
                var operation = (await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!;
                _lastOperation = operation.Id;
                return operation;
            case HttpStatusCode.NotFound:
                if (path.StartsWith("machines/", StringComparison.Ordinal)) machines.TryRemove(path.Split('/')[1], out _);
                Refused++;
                return null;
            case HttpStatusCode.Conflict:
                Refused++;
                return null;
            default:
                oddities.Enqueue($"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                return null;
        }
    }
}
