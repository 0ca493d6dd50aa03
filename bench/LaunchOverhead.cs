using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Bench;

/// <summary>From POST /machines until QEMU's QMP has said running, beside QEMU started by hand with the same arguments.</summary>
internal static class LaunchOverhead
{
    private const string Bare = "bare QEMU: spawn to QMP running";

    public static async Task RunAsync(int rounds)
    {
        Console.WriteLine($"\nAPI to QMP (real QEMU, TCG, tiny image, 192 MiB, 1 CPU; {rounds} rounds, alternating)");
        using var scratch = new Scratch();
        var steps = new StepTimes();
        await using var server = await ServerUnderTest.StartAsync(Path.Combine(scratch.Path, "d"),
            s => s.Replace(ServiceDescriptor.Singleton<IStepBoundary>(steps)), "Qemu:Accelerator=tcg", $"Images:AllowedFolders:0={scratch.Path}");
        await RecipeImage.Tiny.ImportAsync(server, scratch.Path);
        using var probed = await server.Client.PostAsync("hosts/local/probe", null);
        probed.EnsureSuccessStatusCode();
        var request = new LaunchRequest { Image = "tiny", MemoryMiB = 192, Cpus = 1, DiskGiB = 5 };
        var bare = await BareQemu.LearnAsync(server, scratch.Path, request);
        var samples = new Samples();
        for (var round = 0; round < rounds; round++)
        {
            bare.Prepare();
            var spawned = Stopwatch.GetTimestamp();
            await bare.RunAsync(() => samples.Add(Bare, spawned));

            steps.Clear();
            var posted = Stopwatch.GetTimestamp();
            var operation = await server.PostAsync("machines", request);
            samples.Add("API: POST to 202", posted);
            await server.SucceedAsync(operation);
            samples.Add("API: POST to machine running (QMP said so)", posted);
            steps.AddTo(samples, posted);
            await server.SucceedAsync(await server.DeleteAsync($"machines/{operation.SubjectId}"));
        }

        samples.Print(Bare);
        Console.WriteLine($"{"overhead of Warren over bare QEMU, p50",-44} ms   {samples.Of("API: POST to machine running (QMP said so)").Median - samples.Of(Bare).Median:0.0} (in it: overlay by qemu-img, seed by xorriso, database commits)");
        foreach (var machine in (await server.Client.GetFromJsonAsync<Page<Machine>>("machines", WarrenJson.Options))!.Items)
            await server.SucceedAsync(await server.DeleteAsync($"machines/{machine.Id}"));
    }

    /// <summary>Notes when each step of the launch was committed.</summary>
    private sealed class StepTimes : IStepBoundary
    {
        private readonly ConcurrentQueue<(string Step, long At)> _seen = new();

        public void Reached(string kind, string step, bool after)
        {
            if (kind == "machine.launch" && !after) _seen.Enqueue((step, Stopwatch.GetTimestamp()));
        }

        public void Clear() => _seen.Clear();

        /// <summary>Each step from the end of the one before (the first from the POST).</summary>
        public void AddTo(Samples samples, long posted)
        {
            var from = posted;
            foreach (var (step, at) in _seen)
            {
                samples.Add($"  in it: step {step}", Stopwatch.GetElapsedTime(from, at).TotalMilliseconds);
                from = at;
            }
        }
    }
}
