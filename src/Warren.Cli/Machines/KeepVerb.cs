using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class KeepVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _ttl;

    public KeepVerb() : base("keep", "Put off what would happen to a machine by itself: its expiry, or its end for want of use",
        "warren keep web", "warren keep web --ttl 4h", "warren keep web --ttl never")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _ttl = Option<string>("--ttl", "How long it lives from now [as long again as it was given last]", "TIME|never");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        int? ttl = call.Get(_ttl) switch
        {
            null => null,
            "never" => 0,
            var time => (int)Durations.Parse(time, "--ttl").TotalSeconds,
        };
        var machine = await call.Client.KeepMachineAsync(call.Get(_name), new KeepRequest { TtlSeconds = ttl }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else call.Screen.WriteLine($"{machine.Name}: {EndText.Of(machine, call.Screen.Now)}");
        return ExitCode.Ok;
    }
}
