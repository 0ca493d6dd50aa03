using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class ConsoleVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<bool> _open;
    private readonly Option<bool> _serial;
    private readonly Option<bool> _viewOnly;

    public ConsoleVerb() : base("console", "Print the address of a machine's screen in the browser, or be on its serial line",
        "warren console web", "warren console web --open", "warren console web --serial")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _open = Option<bool>("--open", "Open it in the browser too");
        _serial = Option<bool>("--serial", "Type on its serial line instead; Ctrl-] ends that");
        _viewOnly = Option<bool>("--view-only", "With --serial: only look");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Get(_serial)) return await SerialConsole.RunAsync(call, call.Get(_name), call.Get(_viewOnly), cancellation);
        if (call.Get(_viewOnly)) throw Refusal.Invalid("--view-only", "goes with --serial; in the browser there is a button");
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        var url = MachineText.PageUrl(call.Client.Server, machine);
        if (call.Screen.Json) call.Screen.WriteJson(new { Url = url });
        else call.Screen.WriteLine(url.ToString());
        if (!call.Get(_open)) return ExitCode.Ok;
        var opener = OperatingSystem.IsMacOS() ? "open" : OperatingSystem.IsWindows() ? "explorer" : "xdg-open";
        return ChildProcess.Run(opener, [url.ToString()]) == 0
            ? ExitCode.Ok
            : throw Refusal.Of("internal", "No browser", $"{opener} could not open a browser: open the address above yourself");
    }
}
