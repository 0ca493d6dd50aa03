using System.Diagnostics;
using System.Globalization;
using Warren.Contracts;

namespace Warren.Bench;

/// <summary>
/// Forks of a booted machine, of its warm golden image and of itself while it runs, beside QEMU resumed by hand with the same
/// arguments; and many at once with what each costs in memory.
/// </summary>
internal static class ForkLatency
{
    private const string Bare = "bare QEMU: spawn to agent answers";
    private const string Copy = "cp of the running one's memory";
    private const string Golden = "API: launch of the warm image to agent";
    private const string Running = "API: fork of the running one to agent";

    public static async Task RunAsync(RecipeImage image, int rounds, params int[] counts)
    {
        Console.WriteLine($"\nForks (real QEMU, TCG, {image.Name}, {image.MemoryMiB} MiB, 1 CPU; {rounds} rounds, alternating)");
        await using var bed = await ForkBed.StartAsync(image);
        Say("API: POST to agent answers, booted once", $"{bed.ColdBoot.Agent:0}, cloud-init done {bed.ColdBoot.Done:0}");
        var samples = new Samples();
        for (var round = 0; round < rounds; round++) await RoundAsync(bed, samples, round);
        samples.Print(Bare);
        var byHand = samples.Of(Copy).Median + samples.Of(Bare).Median;
        Say("by hand: its memory copied, then resumed", string.Create(CultureInfo.InvariantCulture, $"{byHand:0}; the API's fork of it is x{samples.Of(Running).Median / byHand:0.00}"));
        Say("times faster than the cold boot, p50", string.Create(CultureInfo.InvariantCulture, $"golden {bed.ColdBoot.Agent / samples.Of(Golden).Median:0}, running {bed.ColdBoot.Agent / samples.Of(Running).Median:0}"), "x");
        foreach (var count in counts) await ManyAsync(bed, count);
    }

    private static async Task RoundAsync(ForkBed bed, Samples samples, int round)
    {
        var spawned = Stopwatch.GetTimestamp();
        await bed.Bare.RunAsync(() => samples.Add("bare QEMU: spawn to running", spawned), () => samples.Add(Bare, spawned));

        await samples.TimeAsync(Copy, bed.CopyMemoryAsync);
        var posted = Stopwatch.GetTimestamp();
        var operation = await bed.Server.PostAsync("machines", new LaunchRequest { GoldenImage = "warm" });
        samples.Add("API: POST to 202", posted);
        await bed.AgentAsync(operation.SubjectId);
        samples.Add(Golden, posted);
        await bed.Server.SucceedAsync(operation);
        samples.Add("API: POST to its own identity, running", posted);
        await bed.DeleteAsync(operation.SubjectId);

        posted = Stopwatch.GetTimestamp();
        operation = await bed.Server.PostAsync("machines/parent/fork", new ForkRequest { Name = $"one{round}", Count = 1 });
        var fork = await bed.KnownAsync($"one{round}");
        await bed.AgentAsync(fork);
        samples.Add(Running, posted);
        await bed.Server.SucceedAsync(operation);
        await bed.DeleteAsync(fork);
    }

    private static async Task ManyAsync(ForkBed bed, int count)
    {
        var posted = Stopwatch.GetTimestamp();
        var operation = await bed.Server.PostAsync("machines/parent/fork", new ForkRequest { Name = "many", Count = count });
        var forks = new List<string>();
        for (var i = 1; i <= count; i++) forks.Add(await bed.KnownAsync(count == 1 ? "many" : $"many-{i}"));
        await Task.WhenAll(forks.Select(bed.AgentAsync));
        var answered = Stopwatch.GetElapsedTime(posted);
        await bed.Server.SucceedAsync(operation);
        var took = Stopwatch.GetElapsedTime(posted);
        var sizes = new List<(double Private, double Pss)>();
        foreach (var fork in forks) sizes.Add(await bed.MemoryAsync(fork));
        var (own, pss) = (sizes.Average(s => s.Private), sizes.Average(s => s.Pss));
        Say($"{count} forks of a running machine at once", string.Create(CultureInfo.InvariantCulture,
            $"{answered.TotalSeconds:0.0} until all agents answered, {took.TotalSeconds:0.0} until all have their identity, {took.TotalSeconds / count:0.00} each"), "s");
        Say("memory of each of them", string.Create(CultureInfo.InvariantCulture,
            $"PSS {pss:0}, private {own:0}: {own / bed.BootedMiB * 100:0} % of the booted machine's {bed.BootedMiB:0}"), "MiB");
        foreach (var fork in forks) await bed.DeleteAsync(fork);
    }

    private static void Say(string what, string figures, string unit = "ms") => Console.WriteLine($"{what,-44} {unit,-4} {figures}");
}
