using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

/// <summary>Probes a host with progress, and says how it stands.</summary>
internal static class HostProbing
{
    public static Task<Host> ProbeAsync(Invocation call, string name, CancellationToken cancellation)
        => new ProgressDisplay(call.Screen).ShowAsync([name], parts =>
        {
            parts[0].Report(new ProgressDisplay.Step(0, "probing"));
            return call.Client.ProbeHostAsync(name, cancellation);
        });

    /// <summary>After a host was added or changed: it is, whether it answers or not.</summary>
    public static async Task<int> TellAsync(Invocation call, string name, CancellationToken cancellation)
    {
        var host = await ProbeAsync(call, name, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(host);
        else call.Screen.WriteLine($"{host.Name}: {HostText.Status(host).Text}");
        if (host.Status.Reason is { } reason) call.Screen.Warn($"{reason}{(host.Status.Remedy is { } remedy ? $"\n{remedy}" : "")}");
        return ExitCode.Ok;
    }
}
