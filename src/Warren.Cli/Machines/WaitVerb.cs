using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class WaitVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _rung;
    private readonly Option<string> _timeout;

    public WaitVerb() : base("wait", "Wait until a machine's guest is ready",
        "warren wait web --for ssh", "warren wait web --for cloud-init --timeout 10m && echo configured")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _rung = Option<string>("--for", "What to wait for [ssh]", "process|firmware|agent|ssh|remote-desktop|cloud-init");
        _rung.AcceptOnlyFromAmong("process", "firmware", "agent", "ssh", "remote-desktop", "cloud-init");
        _timeout = Option<string>("--timeout", "How long at most [5m]", "TIME", "-t");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var rung = Rung(call.Get(_rung) ?? "ssh");
        var timeout = Durations.Parse(call.Get(_timeout) ?? "5m", "--timeout");
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        DateTimeOffset? first = null;
        var readiness = await ReadinessWait.UntilAsync(call, machine, rung, now => now.Has(rung), timeout, reached =>
        {
            first ??= reached.At;
            if (call.Screen.Json) call.Screen.WriteJsonLine(reached);
            else if (!call.Screen.Quiet) call.Screen.WriteLine($"{Words.Of(reached.Rung),-15}{Figures.Seconds(reached.At - first.Value),8}");
        }, cancellation);
        if (rung is not ReadinessRung.CloudInit || readiness.CloudInit is not CloudInitStatus.Error) return ExitCode.Ok;
        if (!call.Screen.Json)
            foreach (var line in readiness.Log) call.Screen.Error.WriteLine(new Cell(line, Ink.Faint).Render(call.Screen.ErrorColour));
        throw Refusal.Of("not-ready", "cloud-init error", $"{machine.Name}: cloud-init ended with errors: {readiness.Detail ?? "see `warren logs`"}");
    }

    private static ReadinessRung Rung(string word) => word switch
    {
        "process" => ReadinessRung.Process,
        "firmware" => ReadinessRung.Firmware,
        "agent" => ReadinessRung.Agent,
        "ssh" => ReadinessRung.Ssh,
        "remote-desktop" => ReadinessRung.RemoteDesktop,
        _ => ReadinessRung.CloudInit,
    };
}
