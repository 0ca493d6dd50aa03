using System.Text.Json;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

// A process that starts a machine and then waits to be killed: what a server is to its machines, and nothing else.
// Input: one line, the options; one line, the definition. Output: "started OWN-PID".
var options = JsonSerializer.Deserialize<QemuOptions>(Console.ReadLine()!)!;
var definition = JsonSerializer.Deserialize<MachineDefinition>(Console.ReadLine()!)!;
var driver = new QemuHypervisor(options, TimeProvider.System);
await driver.CreateAsync(definition, new Progress<double>(), CancellationToken.None);
await driver.StartAsync(definition, CancellationToken.None);
Console.WriteLine($"started {Environment.ProcessId}");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
