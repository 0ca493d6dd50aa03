using Warren.Bench;
using Warren.Bench.Screens;

// usage: bench [launch|forks|claims|list|operations|footprint|screens|viewers]...   all of them when none is named
if (args is ["serve", ..])
{
    await Warren.Server.Program.Main(args[1..]);
    return;
}

if (args is ["serve-screens", var sockets, ..])
{
    await SocketScreens.ServeAsync(sockets, args[2..]);
    return;
}

bool Wanted(string name) => args.Length == 0 || args.Contains(name);

Console.WriteLine($"Warren bench: {Environment.ProcessorCount} CPUs, {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}. Each line: unit, n, percentiles, ratio to the baseline named, measured in the same run.");
if (Wanted("launch")) await LaunchOverhead.RunAsync(rounds: 24);
if (Wanted("forks")) await ForkLatency.RunAsync(RecipeImage.Tiny, rounds: 24, 1, 8, 64);
if (Wanted("forks")) await ForkLatency.RunAsync(RecipeImage.Debian, rounds: 12);
if (Wanted("claims")) await ClaimLatency.RunAsync(RecipeImage.Tiny, claims: 1000);
if (Wanted("list")) await ListLatency.RunAsync(machines: 10_000, requests: 500);
if (Wanted("operations")) await OperationThroughput.RunAsync(operations: 400, parallel: 8);
if (Wanted("footprint")) await Footprint.RunAsync(machines: 10_000, TimeSpan.FromSeconds(20));
if (Wanted("screens")) await ScreenThroughput.RunAsync(rounds: 3, TimeSpan.FromSeconds(2));
if (Wanted("screens") || Wanted("screen-latency")) await ScreenLatency.RunAsync(rounds: 3, TimeSpan.FromSeconds(2));
if (Wanted("viewers")) await ManyViewers.RunAsync(TimeSpan.FromSeconds(8));
