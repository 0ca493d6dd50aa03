using System.Diagnostics;
using System.Net.Http.Json;
using Warren.Contracts;

namespace Warren.Bench;

/// <summary>
/// Forks of a booted tiny beside QEMU resumed by hand with the same arguments; many at once with what each costs in memory; and
/// claims from a pool that refills meanwhile.
/// </summary>
internal static class ForkLatency
{
    private const string Bare = "bare QEMU: spawn to agent answers";
    private const int MemoryMiB = 192;

    public static async Task RunAsync(int rounds, int[] counts, int claims)
    {
        Console.WriteLine($"\nForks (real QEMU, TCG, tiny image, {MemoryMiB} MiB, 1 CPU; {rounds} rounds, alternating)");
        using var scratch = new Scratch();
        await using var server = await ServerUnderTest.StartAsync(Path.Combine(scratch.Path, "d"), null, "Qemu:Accelerator=tcg", $"Images:AllowedFolders:0={scratch.Path}");
        await TinyImage.ImportAsync(server, scratch.Path);
        using (var probed = await server.Client.PostAsync("hosts/local/probe", null)) probed.EnsureSuccessStatusCode();
        var samples = new Samples();
        var booted = Stopwatch.GetTimestamp();
        var parent = await server.PostAsync("machines", new LaunchRequest { Name = "parent", Image = "tiny", MemoryMiB = MemoryMiB, Cpus = 1, DiskGiB = 5 });
        await server.SucceedAsync(parent);
        await AgentAsync(server, parent.SubjectId);
        Console.WriteLine($"{"API: POST to agent answers, booted once",-44} ms   {Stopwatch.GetElapsedTime(booted).TotalMilliseconds:0}");
        await ReadyAsync(server, parent.SubjectId);
        var alone = Pss(await ProcessAsync(server, parent.SubjectId));
        await server.SucceedAsync(await server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = "warm", Machine = "parent", Kind = GoldenImageKind.Warm }));
        var golden = (await server.Client.GetFromJsonAsync<GoldenImage>("golden-images/warm", WarrenJson.Options))!;
        var request = new LaunchRequest { GoldenImage = "warm" };
        var first = await server.PostAsync("machines", request);
        await server.SucceedAsync(first);
        var bare = await BareResume.LearnAsync(server, scratch.Path, first.SubjectId, golden.Id);
        for (var round = 0; round < rounds; round++)
        {
            var spawned = Stopwatch.GetTimestamp();
            await bare.RunAsync(() => samples.Add("bare QEMU: spawn to running", spawned), () => samples.Add(Bare, spawned));
            var posted = Stopwatch.GetTimestamp();
            var operation = await server.PostAsync("machines", request);
            samples.Add("API: POST to 202", posted);
            await AgentAsync(server, operation.SubjectId);
            samples.Add("API: POST to agent answers", posted);
            await server.SucceedAsync(operation);
            samples.Add("API: POST to its own identity, running", posted);
            await server.SucceedAsync(await server.DeleteAsync($"machines/{operation.SubjectId}"));
        }

        samples.Print(Bare);
        await server.SucceedAsync(await server.DeleteAsync($"machines/{first.SubjectId}"));
        await ClaimsAsync(server, claims);
        foreach (var count in counts) await ManyAsync(server, count, alone);
    }

    private static async Task ManyAsync(ServerUnderTest server, int count, double alone)
    {
        var posted = Stopwatch.GetTimestamp();
        await server.SucceedAsync(await server.PostAsync("machines/parent/fork", new ForkRequest { Name = "many", Count = count }));
        var took = Stopwatch.GetElapsedTime(posted);
        var forks = (await server.Client.GetFromJsonAsync<Page<Machine>>("machines?limit=200", WarrenJson.Options))!.Items.Where(m => m.Name.StartsWith("many", StringComparison.Ordinal)).ToList();
        var shares = new List<double>();
        foreach (var fork in forks) shares.Add(Pss(await ProcessAsync(server, fork.Id)));
        Console.WriteLine(FormattableString.Invariant(
            $"{$"{count} forks of a running machine at once",-44} s    {took.TotalSeconds:0.0}, {took.TotalSeconds / count:0.00} each; PSS each {shares.Average():0} MiB, {shares.Average() / alone * 100:0} % of the booted machine's {alone:0} MiB"));
        foreach (var fork in forks) await server.SucceedAsync(await server.DeleteAsync($"machines/{fork.Id}"));
    }

    private static async Task ClaimsAsync(ServerUnderTest server, int claims)
    {
        using var made = await server.Client.PostAsJsonAsync("pools", new CreatePoolRequest { Name = "fast", Machine = new LaunchRequest { GoldenImage = "warm" }, Target = 4, Max = 8 }, WarrenJson.Options);
        made.EnsureSuccessStatusCode();
        var samples = new Samples();
        const string pings = "agent of a machine that runs: one answer";
        for (var i = 0; i < claims; i++)
        {
            await samples.TimeAsync(pings, () => AgentAsync(server, "parent"));
            // A spare is there; the next one is being forked.
            while ((await server.Client.GetFromJsonAsync<Pool>("pools/fast", WarrenJson.Options))!.Spares < 2) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            var posted = Stopwatch.GetTimestamp();
            using var answer = await server.Client.PostAsJsonAsync("pools/fast/claims", new ClaimRequest(), WarrenJson.Options);
            var lease = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Lease>(WarrenJson.Options))!;
            samples.Add("API: claim to 201", posted);
            await AgentAsync(server, lease.MachineId);
            samples.Add("API: claim to agent answers, while refilling", posted);
            (await server.Client.DeleteAsync($"claims/{lease.Id}")).Dispose();
        }

        samples.Print(pings);
        using var gone = await server.Client.DeleteAsync("pools/fast");
    }

    private static async Task AgentAsync(ServerUnderTest server, string machine)
    {
        if (machine == "parent") machine = (await server.Client.GetFromJsonAsync<Machine>("machines/parent", WarrenJson.Options))!.Id;
        await BareResume.AgentAsync(Path.Combine(server.Data, "machines", machine), CancellationToken.None);
    }

    private static async Task ReadyAsync(ServerUnderTest server, string machine)
    {
        while ((await server.Client.GetFromJsonAsync<Machine>($"machines/{machine}", WarrenJson.Options))!.Readiness.CloudInit is not CloudInitStatus.Done) await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
    }

    /// <summary>Its QEMU, as soon as it has been looked at.</summary>
    private static async Task<int> ProcessAsync(ServerUnderTest server, string machine)
    {
        while (true)
        {
            if ((await server.Client.GetFromJsonAsync<Machine>($"machines/{machine}", WarrenJson.Options))!.ProcessId is { } pid) return pid;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    /// <summary>MiB of a process, with its share of what it shares (proc(5), smaps_rollup).</summary>
    private static double Pss(int pid) =>
        double.Parse(File.ReadLines($"/proc/{pid}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024;
}
