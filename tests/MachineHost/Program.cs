using System.Text.Json;
using MachineHost;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

// A process that calls the driver and is killed meanwhile or afterwards: what a server is to its machines, and nothing else.
// Input: one line, the options; one line, the definition; and maybe one line, a call. Output without a call: "started OWN-PID",
// of a machine that it made and started. With one: "ready OWN-PID", and when the call has ended "done", or "failed KIND MESSAGE".
var options = JsonSerializer.Deserialize<QemuOptions>(Console.ReadLine()!)!;
var definition = JsonSerializer.Deserialize<MachineDefinition>(Console.ReadLine()!)!;
var driver = new QemuHypervisor(options, TimeProvider.System);
if (Console.ReadLine() is { Length: > 0 } line)
{
    var call = JsonSerializer.Deserialize<DriverCall>(line)!;
    Console.WriteLine($"ready {Environment.ProcessId}");
    try
    {
        await call.RunAsync(driver, definition);
        Console.WriteLine("done");
    }
    catch (HypervisorException e)
    {
        Console.WriteLine($"failed {e.Kind} {e.Message}");
    }

    return;
}

await driver.CreateAsync(definition, new Progress<double>(), CancellationToken.None);
await driver.StartAsync(definition, CancellationToken.None);
Console.WriteLine($"started {Environment.ProcessId}");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
