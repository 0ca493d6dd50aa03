using System.Diagnostics;
using System.Globalization;

namespace Warren.Bench;

/// <summary>Samples of one thing, sorted. Percentiles are by nearest rank: each is a sample that was really seen.</summary>
internal sealed class Distribution(string name, string unit, IEnumerable<double> samples)
{
    private const int Bins = 28;
    private const string Bars = " ▁▂▃▄▅▆▇█";
    private readonly double[] _sorted = [.. samples.Order()];

    public string Name => name;

    public double Median => At(50);

    /// <summary>One line of figures with the ratio to the baseline, one of shape.</summary>
    public void Print(Distribution? baseline = null)
    {
        var ratio = baseline is null ? "baseline"
            : string.Create(CultureInfo.InvariantCulture, $"p50 x{Median / baseline.Median:0.00}, p90 x{At(90) / baseline.At(90):0.00} of '{baseline.Name}'");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-44} {unit,-4} n={_sorted.Length,-5} min {_sorted[0],8:0.00}  p50 {At(50),8:0.00}  p90 {At(90),8:0.00}  p99 {At(99),8:0.00}  max {_sorted[^1],8:0.00}  {ratio}"));
        Console.WriteLine($"{"",-44} [{Histogram()}] min to max, log scale");
    }

    public double At(int percent) => _sorted[Math.Max(0, (int)Math.Ceiling(percent / 100.0 * _sorted.Length) - 1)];

    private string Histogram()
    {
        var (low, high) = (Math.Log(Math.Max(_sorted[0], 1e-3)), Math.Log(Math.Max(_sorted[^1], 1e-3)));
        var counts = new int[Bins];
        foreach (var sample in _sorted)
            counts[high <= low ? 0 : Math.Min(Bins - 1, (int)((Math.Log(Math.Max(sample, 1e-3)) - low) / (high - low) * Bins))]++;
        var most = counts.Max();
        return string.Concat(counts.Select(c => Bars[(int)Math.Ceiling(c * (Bars.Length - 1) / (double)most)]));
    }
}

/// <summary>Collects milliseconds under names.</summary>
internal sealed class Samples
{
    private readonly Dictionary<string, List<double>> _byName = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public void Add(string name, long fromTimestamp) => Add(name, Stopwatch.GetElapsedTime(fromTimestamp).TotalMilliseconds);

    public void Add(string name, double milliseconds)
    {
        lock (_gate)
        {
            if (!_byName.TryGetValue(name, out var list)) _byName[name] = list = [];
            list.Add(milliseconds);
        }
    }

    public async Task TimeAsync(string name, Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        Add(name, start);
    }

    public Distribution Of(string name) => new(name, "ms", _byName[name]);

    /// <summary>The baseline first, then every other against it.</summary>
    public void Print(string baseline)
    {
        var against = Of(baseline);
        against.Print();
        foreach (var name in _byName.Keys.Where(n => n != baseline)) Of(name).Print(against);
    }
}
