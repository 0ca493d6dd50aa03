using System.Diagnostics;
using System.Net.Http.Json;
using Warren.Contracts;

namespace Warren.Bench;

/// <summary>Claims over time from a pool of warm spares that refills meanwhile, beside one answer of an agent that is there anyway.</summary>
internal static class ClaimLatency
{
    private const string Pings = "agent of a machine that runs: one answer";

    public static async Task RunAsync(RecipeImage image, int claims)
    {
        Console.WriteLine($"\nClaims (real QEMU, TCG, {image.Name}, {image.MemoryMiB} MiB, 1 CPU; a pool of 4; {claims} claims, each with one spare left behind it being forked)");
        await using var bed = await ForkBed.StartAsync(image);
        var http = bed.Server.Client;
        using (var made = await http.PostAsJsonAsync("pools", new CreatePoolRequest { Name = "fast", Machine = new LaunchRequest { GoldenImage = "warm" }, Target = 4, Max = 8 }, WarrenJson.Options))
            made.EnsureSuccessStatusCode();
        var samples = new Samples();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < claims; i++)
        {
            await samples.TimeAsync(Pings, () => bed.AgentAsync(bed.Parent.Id));
            // A spare is there; the next one is being forked.
            while ((await http.GetFromJsonAsync<Pool>("pools/fast", WarrenJson.Options))!.Spares < 2) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            var posted = Stopwatch.GetTimestamp();
            using var answer = await http.PostAsJsonAsync("pools/fast/claims", new ClaimRequest(), WarrenJson.Options);
            var lease = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Lease>(WarrenJson.Options))!;
            samples.Add("API: claim to 201", posted);
            await bed.AgentAsync(lease.MachineId);
            samples.Add("API: claim to agent answers, while refilling", posted);
            (await http.DeleteAsync($"claims/{lease.Id}")).Dispose();
        }

        samples.Print(Pings);
        var pool = (await http.GetFromJsonAsync<Pool>("pools/fast", WarrenJson.Options))!;
        Console.WriteLine($"{"in all",-44} s    {Stopwatch.GetElapsedTime(began).TotalSeconds:0}; {pool.Statistics.Hits} at once, {pool.Statistics.Misses} that waited; a spare is made in {pool.Statistics.FillMs} ms");
        using var gone = await http.DeleteAsync("pools/fast");
        while ((await http.GetFromJsonAsync<Page<Machine>>("machines", WarrenJson.Options))!.Items.Count > 1) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }
}
