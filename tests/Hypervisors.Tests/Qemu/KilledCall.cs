using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MachineHost;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>A call that another process makes, which is killed by SIGKILL after a while.</summary>
internal static class KilledCall
{
    /// <returns>How long it took; null when it was killed in its middle.</returns>
    internal static async Task<TimeSpan?> RunAsync(QemuOptions options, MachineDefinition definition, DriverCall call, TimeSpan delay, CancellationToken cancellation)
    {
        var ready = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = Path.Combine(AppContext.BaseDirectory, "MachineHost.dll");
        var clock = TimeProvider.System;
        var run = new CommandRunner().RunAsync(new Command(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", "exec", host)
        {
            Input = string.Join('\n', JsonSerializer.Serialize(options), JsonSerializer.Serialize(definition), JsonSerializer.Serialize(call), ""),
            Timeout = TimeSpan.FromMinutes(2),
            OnOutputLine = line =>
            {
                if (line.StartsWith("ready ", StringComparison.Ordinal)) ready.TrySetResult(int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
            },
        }, cancellation);
        await Task.WhenAny(ready.Task, run);
        ready.Task.IsCompleted.ShouldBeTrue(run.IsCompleted ? (await run).Error : "");
        var began = clock.GetTimestamp();
        await Task.WhenAny(run, Task.Delay(delay, clock, cancellation));
        if (!run.IsCompleted)
        {
            try
            {
                using var process = Process.GetProcessById(await ready.Task);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It has just ended by itself.
            }
        }

        var result = await run;
        result.Output.ShouldNotContain("failed");
        return result.Output.Contains("done", StringComparison.Ordinal) ? clock.GetElapsedTime(began) : null;
    }
}
