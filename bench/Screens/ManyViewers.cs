using System.Globalization;
using System.Runtime.InteropServices;

namespace Warren.Bench.Screens;

/// <summary>300 viewers of one machine, 100 machines with a viewer each; without and with one that never reads.</summary>
internal static class ManyViewers
{
    private static readonly ViewerKind[] s_kinds = [new(), new(Tight: true), new(Bits: 16), new(Tight: true, Bits: 16), new(Tight: true), new(Tight: true)];

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Load(int Machines, int Viewers, double PerSecond);

    public static async Task RunAsync(TimeSpan window)
    {
        foreach (var load in new[] { new Load(1, 300, 8), new Load(100, 1, 8) })
        {
            await using var bed = await ScreenBed.StartAsync(load.Machines, websockify: false);
            await bed.RunInAsync();
            // Every change carries a mark in a corner: it shows how old what a viewer sees is.
            bed.Source.Pace = new(load.PerSecond, Scene: true, Mark: 64);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"\n{load.Machines} machine(s), {load.Viewers} viewer(s) each, {load.PerSecond} updates/s each, a third Raw and two thirds Tight, a third with 16 bits a pixel; {window.TotalSeconds} s"));
            await RunAsync(bed, load, window, stalled: 0, warmUp: true);
            var (lag, share) = await RunAsync(bed, load, window, stalled: 0);
            lag.Print();
            share.Print();
            var (lagBeside, shareBeside) = await RunAsync(bed, load, window, stalled: 1);
            lagBeside.Print(lag);
            shareBeside.Print(share);
        }
    }

    private static async Task<(Distribution Lag, Distribution Share)> RunAsync(ScreenBed bed, Load load, TimeSpan window, int stalled, bool warmUp = false)
    {
        var name = stalled == 0 ? "all read" : "one more, which never reads";
        using var crowd = new Crowd();
        for (var i = 0; i < stalled; i++) crowd.AddStalled(bed.ThroughWarren());
        for (var machine = 0; machine < load.Machines; machine++)
            for (var i = 0; i < load.Viewers; i++) crowd.Add(bed.ThroughWarren(machine), s_kinds[(machine + i) % s_kinds.Length]);
        crowd.Start();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var (updates, cpu) = (crowd.Viewers.Select(v => v.Updates).ToList(), bed.Warren.Cpu);
        crowd.Note();
        await Task.Delay(warmUp ? window / 4 : window, TimeProvider.System);
        var used = bed.Warren.Cpu - cpu;
        var seen = crowd.Viewers.Select((v, i) => (v.Updates - updates[i]) / window.TotalSeconds).ToList();
        crowd.Dispose();
        if (crowd.Lost > 0) throw new InvalidOperationException($"{crowd.Lost} viewers were hung up on");
        if (!warmUp)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: server {used.Total / window.TotalSeconds * 100:0} % of a core ({used.User / used.Total * 100:0} % of it user), {bed.Warren.MemoryMib:0} MiB, at most {bed.Warren.MostMemoryMib:0} MiB"));
        }

        return (new($"{name}: age of what is seen", "ms", crowd.Viewers.SelectMany(v => v.Ages ?? [])), new($"{name}: updates of each viewer", "/s", seen));
    }
}
