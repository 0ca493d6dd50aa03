using System.Globalization;

namespace Warren.Bench;

/// <summary>Memory and idle CPU of a server process of its own that nobody asks anything, with no machines and with many.</summary>
internal static class Footprint
{
    public static async Task RunAsync(int machines, TimeSpan window)
    {
        Console.WriteLine($"\nFootprint of an idle server process, SQLite, fake hypervisor, {window.TotalSeconds:0} s window after 10 s of rest");
        using var scratch = new Scratch();
        var data = Path.Combine(scratch.Path, "d");
        var empty = await MeasureAsync(data, window);
        await using (var server = await ServerUnderTest.StartAsync(data, null, "Hypervisor=fake")) await ManyRows.InsertAsync(server, machines);
        var full = await MeasureAsync(data, window);
        Print("0 machines", empty, null);
        Print($"{machines} stopped machines", full, empty);
    }

    private static void Print(string name, (double Mib, double Cpu) now, (double Mib, double Cpu)? than)
        => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-44} RSS {now.Mib:0.0} MiB, CPU {now.Cpu:0.00} % of one core  {(than is { } b ? $"RSS x{now.Mib / b.Mib:0.00} of '0 machines'" : "baseline")}"));

    private static async Task<(double Mib, double Cpu)> MeasureAsync(string data, TimeSpan window)
    {
        await using var process = await MeasuredProcess.StartAsync(
            Environment.ProcessPath!, ["serve", .. ServerUnderTest.Arguments(data, "Hypervisor=fake")], line => line.Contains(" is ready at ", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var before = process.Cpu;
        var from = TimeProvider.System.GetTimestamp();
        await Task.Delay(window, TimeProvider.System);
        var cpu = (process.Cpu - before).Total / TimeProvider.System.GetElapsedTime(from).TotalSeconds * 100;
        return (process.MemoryMib, cpu);
    }
}
