using System.Globalization;
using System.Runtime.InteropServices;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>Processor time, seconds.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CpuTime(double User, double Kernel)
{
    public double Total => User + Kernel;

    public static CpuTime operator -(CpuTime left, CpuTime right) => new(left.User - right.User, left.Kernel - right.Kernel);

    public static CpuTime operator +(CpuTime left, CpuTime right) => new(left.User + right.User, left.Kernel + right.Kernel);
}

/// <summary>A process that is measured from outside, with those it has started (proc(5)); it ends with this.</summary>
internal sealed class MeasuredProcess : IAsyncDisposable
{
    /// <summary>USER_HZ, the unit of times in /proc/PID/stat; 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<string> _pid = new();
    private Task<CommandResult> _run = null!;

    private MeasuredProcess()
    {
    }

    public CpuTime Cpu => Tree().Select(Times).Aggregate(default(CpuTime), (a, b) => a + b);

    public double MemoryMib => Memory("VmRSS:");

    /// <summary>The most that it has had.</summary>
    public double MostMemoryMib => Memory("VmHWM:");

    /// <summary>Processor time of the thread that compiles anew what is often run (.NET's tiered compilation), seconds.</summary>
    public double Compiling => Directory.EnumerateDirectories($"/proc/{_pid.Task.Result}/task")
        .Where(t => File.ReadAllText(Path.Combine(t, "comm")).StartsWith(".NET Tiered", StringComparison.Ordinal))
        .Sum(t => Times($"{_pid.Task.Result}/task/{Path.GetFileName(t)}").Total);

    /// <summary>Starts a program and waits until a line of its output says that it is ready; null: does not wait.</summary>
    public static async Task<MeasuredProcess> StartAsync(string program, string[] arguments, Func<string, bool>? isReady)
    {
        var process = new MeasuredProcess();
        var ready = new TaskCompletionSource();
        // The shell names its pid and becomes the program; nothing of the value passes through it as text to parse.
        process._run = new CommandRunner().RunAsync(new Command("/bin/sh", ["-c", "echo $$; exec \"$@\"", "sh", program, .. arguments])
        {
            Timeout = TimeSpan.FromMinutes(10),
            OnOutputLine = line =>
            {
                if (!process._pid.TrySetResult(line) && isReady?.Invoke(line) == true) ready.TrySetResult();
            },
        }, process._end.Token);
        if (await Task.WhenAny(isReady is null ? process._pid.Task : ready.Task, process._run) == process._run) throw new InvalidOperationException((await process._run).Error);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _run;
        }
        catch (OperationCanceledException)
        {
            // Ended, as meant.
        }

        _end.Dispose();
    }

    private double Memory(string line) => Tree().Sum(pid => File.ReadLines($"/proc/{pid}/status").Where(l => l.StartsWith(line, StringComparison.Ordinal))
        .Sum(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024));

    /// <summary>The process and all that come from it.</summary>
    private List<string> Tree()
    {
        List<string> tree = [_pid.Task.Result];
        var parents = Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d)).Where(n => char.IsAsciiDigit(n[0])).Select(p => (Pid: p, Parent: Stat(p)?[1])).ToList();
        for (var i = 0; i < tree.Count; i++) tree.AddRange(parents.Where(p => p.Parent == tree[i]).Select(p => p.Pid));
        return tree;
    }

    /// <summary>utime and stime, the 14th and 15th field.</summary>
    private static CpuTime Times(string pid) => Stat(pid) is { } fields
        ? new(double.Parse(fields[11], CultureInfo.InvariantCulture) / TicksPerSecond, double.Parse(fields[12], CultureInfo.InvariantCulture) / TicksPerSecond)
        : default;

    /// <summary>Fields from the third on: they are counted from the bracket that closes the name.</summary>
    private static string[]? Stat(string pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
