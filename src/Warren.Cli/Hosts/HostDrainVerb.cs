using System.CommandLine;

namespace Warren.Cli.Hosts;

/// <summary><c>drain</c> and <c>undrain</c>.</summary>
internal sealed class HostDrainVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly bool _on;

    public HostDrainVerb(bool on) : base(
        on ? "drain" : "undrain", on ? "Let a host take no new machines; those that are there stay" : "Let a host take new machines again", $"warren hosts {(on ? "drain" : "undrain")} lab")
    {
        _on = on;
        _name = Argument<string>("NAME", "The host's name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var host = await call.Client.DrainHostAsync(call.Get(_name), _on, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(host);
        else call.Screen.WriteLine($"{host.Name}: {HostText.Status(host).Text}{(_on ? $", {host.Machines} machine{(host.Machines == 1 ? "" : "s")} there" : "")}");
        return ExitCode.Ok;
    }
}
