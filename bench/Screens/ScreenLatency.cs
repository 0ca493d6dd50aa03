using System.Globalization;

namespace Warren.Bench.Screens;

/// <summary>From the source's write of a small change until a viewer has it: without anything between, through websockify, through Warren.</summary>
internal static class ScreenLatency
{
    private const double PerSecond = 40;

    public static async Task RunAsync(int rounds, TimeSpan window)
    {
        if (!File.Exists("/usr/bin/websockify")) return;
        await using var bed = await ScreenBed.StartAsync(machines: 1, websockify: true);
        await bed.RunInAsync();
        foreach (var viewers in new[] { 1, 50 })
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"\nLatency of a change of 8 x 8 pixels, {PerSecond} a second, {viewers} viewer(s), all reads of all viewers in {rounds} rounds of {window.TotalSeconds} s, alternating"));
            bed.Source.Pace = new(PerSecond, Scene: false, Mark: 8);
            (string Name, ScreenAddress Address, ViewerKind Kind)[] ways =
            [
                ("direct, unix socket", bed.Direct, new()),
                ("websockify", bed.ThroughWebsockify, new()),
                ("Warren, Raw", bed.ThroughWarren(), new()),
                ("Warren, Tight", bed.ThroughWarren(), new(Tight: true)),
            ];
            var all = ways.ToDictionary(w => w.Name, _ => new List<double>());
            for (var round = -1; round < rounds; round++)
            foreach (var way in ways)
            {
                var ages = await MeasureAsync(way.Address, way.Kind, viewers, window);
                if (round >= 0) all[way.Name].AddRange(ages);
            }

            var direct = new Distribution("direct, unix socket", "ms", all["direct, unix socket"]);
            direct.Print();
            foreach (var way in ways.Skip(1))
            {
                var through = new Distribution(way.Name, "ms", all[way.Name]);
                through.Print(direct);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{"",-4}added by {way.Name}: p50 {through.Median - direct.Median:0.000} ms, p99 {through.At(99) - direct.At(99):0.000} ms; {all[way.Name].Count / (viewers * rounds * window.TotalSeconds):0.0} updates/s a viewer"));
            }
        }
    }

    private static async Task<IEnumerable<double>> MeasureAsync(ScreenAddress address, ViewerKind kind, int viewers, TimeSpan window)
    {
        using var crowd = new Crowd();
        for (var i = 0; i < viewers; i++) crowd.Add(address, kind);
        crowd.Start();
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        crowd.Note();
        await Task.Delay(window, TimeProvider.System);
        crowd.Dispose();
        if (crowd.Lost > 0) throw new InvalidOperationException($"{crowd.Lost} viewers were hung up on");
        return crowd.Viewers.SelectMany(v => v.Ages ?? []);
    }
}
