using System.Globalization;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>Memory and idle CPU of a server process of its own that nobody asks anything, with no machines and with many.</summary>
internal static class Footprint
{
    /// <summary>USER_HZ, the unit of times in /proc/PID/stat (proc(5)); 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

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
        using var end = new CancellationTokenSource();
        var pid = new TaskCompletionSource<string>();
        var ready = new TaskCompletionSource();
        // The shell names its pid and becomes the server; nothing of the value passes through it as text to parse.
        var run = new CommandRunner().RunAsync(new Command("/bin/sh",
            ["-c", "echo $$; exec \"$@\"", "sh", Environment.ProcessPath!, "serve", .. ServerUnderTest.Arguments(data, "Hypervisor=fake")])
        {
            Timeout = TimeSpan.FromMinutes(5),
            OnOutputLine = line =>
            {
                if (!pid.TrySetResult(line) && line.Contains(" is ready at ", StringComparison.Ordinal)) ready.TrySetResult();
            },
        }, end.Token);
        if (await Task.WhenAny(ready.Task, run) == run) throw new InvalidOperationException((await run).Error);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var before = Ticks(await pid.Task);
        var from = TimeProvider.System.GetTimestamp();
        await Task.Delay(window, TimeProvider.System);
        var cpu = (Ticks(await pid.Task) - before) / TicksPerSecond / TimeProvider.System.GetElapsedTime(from).TotalSeconds * 100;
        var rss = File.ReadLines($"/proc/{await pid.Task}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        var mib = double.Parse(rss.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        await end.CancelAsync();
        try
        {
            await run;
        }
        catch (OperationCanceledException)
        {
            // Ended, as meant.
        }

        return (mib, cpu);
    }

    /// <summary>utime and stime, the 14th and 15th field of /proc/PID/stat; counted from the bracket that closes the name.</summary>
    private static double Ticks(string pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
