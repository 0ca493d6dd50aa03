using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Machines;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Pools;

internal sealed class ClaimVerb : Verb
{
    private readonly Argument<string> _pool;
    private readonly Option<string> _wait;
    private readonly Option<string> _ttl;
    private readonly Option<string> _name;

    public ClaimVerb() : base("claim", "Take a machine of a pool; it is yours until its lease ends, and deleted then",
        "warren claim builders", "warren claim builders --wait 30s --ttl 2h --name mine", "warren ssh $(warren claim builders -q)")
    {
        _pool = Argument<string>("POOL", "The pool's name or id");
        _wait = Option<string>("--wait", "Wait in line for so long when no spare is ready, up to a minute [do not wait]", "TIME");
        _ttl = Option<string>("--ttl", "How long the lease lasts [the pool's]", "TIME");
        _name = Option<string>("--name", "Name of the machine from now on [the spare's own]", "NAME", "-n");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var wait = call.Get(_wait) is { } text ? Durations.Parse(text, "--wait") : TimeSpan.Zero;
        var lease = await call.Client.ClaimAsync(call.Get(_pool), new ClaimRequest
        {
            TtlSeconds = PoolCreateVerb.Seconds(call.Get(_ttl), "--ttl"),
            Name = call.Get(_name),
        }, wait, cancellation: cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(lease);
        else if (call.Screen.Quiet) call.Screen.WriteLine(lease.MachineName);
        else
        {
            var machine = await call.Client.GetMachineAsync(lease.MachineId, cancellation);
            call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
            call.Screen.WriteLine($"  lease    until {Figures.Time(lease.ExpiresAt)} (in {Figures.Span(lease.ExpiresAt - call.Screen.Now)}); `warren release {lease.MachineName}` ends it");
        }

        return ExitCode.Ok;
    }
}
