using System.Globalization;
using System.Runtime.InteropServices;

namespace Warren.Bench.Screens;

/// <summary>
/// Bytes of the source's stream that reach viewers for each second of processor time of whoever carries them, beside websockify. The
/// source plays at a fixed rate, the same updates for both, and what it painted is counted once for each viewer, however it was sent:
/// neither pixels that were sent twice nor those that were packed make a difference. The source and the viewers are not counted.
/// </summary>
internal static class ScreenThroughput
{
    private const int Mib = 1 << 20;
    private static readonly (int Viewers, double PerSecond)[] s_loads = [(1, 480), (50, 24)];

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Round(double Delivered, double Updates, CpuTime Cpu);

    public static async Task RunAsync(int rounds, TimeSpan window)
    {
        if (!File.Exists("/usr/bin/websockify"))
        {
            Console.WriteLine("\nScreens: not measured, websockify is not installed (eng/install bench installs it)");
            return;
        }

        await using var bed = await ScreenBed.StartAsync(machines: 1, websockify: true);
        await bed.RunInAsync();
        var rest = bed.Warren.Cpu;
        await Task.Delay(window, TimeProvider.System);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nWarren's server while nobody looks: {(bed.Warren.Cpu - rest).Total / window.TotalSeconds * 100:0.0} % of a core, which is in its figures below"));
        foreach (var (viewers, rate) in s_loads) await RunAsync(bed, viewers, rate, rounds, window);
    }

    private static async Task RunAsync(ScreenBed bed, int viewers, double rate, int rounds, TimeSpan window)
    {
        var scene = new Scene();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nScreen of {Scene.Width} x {Scene.Height}, {viewers} viewer(s), {rate} updates/s of {scene.MeanBytes / 1024:0} KiB (median {scene.MedianBytes / 1024:0.0} KiB) as Raw; {rounds} rounds of {window.TotalSeconds} s, alternating, after one to warm up"));
        bed.Source.Pace = new(rate, Scene: true, Mark: 0);
        (string Name, ScreenAddress Address, MeasuredProcess Process, ViewerKind Kind)[] ways =
        [
            ("websockify", bed.ThroughWebsockify, bed.Websockify!, new()),
            ("Warren, Raw", bed.ThroughWarren(), bed.Warren, new()),
            ("Warren, Tight", bed.ThroughWarren(), bed.Warren, new(Tight: true)),
        ];
        var all = ways.ToDictionary(w => w.Name, _ => new List<Round>());
        for (var round = -1; round < rounds; round++)
        foreach (var way in ways)
        {
            var measured = await MeasureAsync(way.Address, way.Process, way.Kind, viewers, window);
            if (round >= 0) all[way.Name].Add(measured);
        }

        Distribution Of(string name) => new($"{name}: stream bytes per CPU-s", "MiB/s", all[name].Select(r => rate * window.TotalSeconds * viewers * scene.MeanBytes / Mib / r.Cpu.Total));
        var baseline = Of("websockify");
        baseline.Print();
        Of("Warren, Raw").Print(baseline);
        Of("Warren, Tight").Print(baseline);
        foreach (var (name, measured) in all)
        {
            var cpu = measured.Aggregate(default(CpuTime), (sum, r) => sum + r.Cpu);
            var updates = measured.Sum(r => r.Updates);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{"",-4}{name,-14} {updates / viewers / rounds / window.TotalSeconds,6:0.0} updates/s a viewer, {measured.Sum(r => r.Delivered) / updates / 1024,6:0.0} KiB each, {cpu.Total / (rate * viewers * rounds * window.TotalSeconds) * 1e6,6:0} us of CPU for each update of the source to each viewer ({cpu.User / cpu.Total * 100:0} % user, {cpu.Kernel / cpu.Total * 100:0} % kernel)"));
        }
    }

    private static async Task<Round> MeasureAsync(ScreenAddress address, MeasuredProcess process, ViewerKind kind, int viewers, TimeSpan window)
    {
        using var crowd = new Crowd();
        for (var i = 0; i < viewers; i++) crowd.Add(address, kind);
        crowd.Start();
        // The first pictures are through, and what is written down of those who came, and of those who left before, is written.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var (bytes, updates, cpu) = (crowd.Bytes, crowd.Viewers.Sum(v => v.Updates), process.Cpu);
        await Task.Delay(window, TimeProvider.System);
        var used = process.Cpu - cpu;
        if (crowd.Lost > 0) throw new InvalidOperationException($"{crowd.Lost} viewers were hung up on");
        return new(crowd.Bytes - bytes, crowd.Viewers.Sum(v => v.Updates) - updates, used);
    }
}
