using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Operations;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class ForkVerb : Verb
{
    private readonly Argument<string> _source;
    private readonly Option<int> _count;
    private readonly Option<string> _name;
    private readonly Option<string[]> _keys;
    private readonly Option<string> _firstBoot;
    private readonly Option<string> _ttl;

    public ForkVerb() : base("fork", "Make machines that go on where a running one stands, on the same host",
        "warren fork web",
        "warren fork web --count 8 --name worker --ttl 2h",
        "warren fork web --count 3 --first-boot join.sh")
    {
        _source = Argument<string>("NAME", "The machine's name or id");
        _count = Option<int>("--count", "How many [1]", "N", "-c");
        _count.DefaultValueFactory = _ => 1;
        _name = Option<string>("--name", "Name of the one, or what comes before -1, -2, ... [the machine's]", "NAME", "-n");
        _keys = Option<string[]>("--key", "SSH key that replaces the machine's in the forks; may be repeated [its own stay]", "NAME", "-k");
        _firstBoot = Option<string>("--first-boot", "Shell script that runs once in each, as root; - reads standard input", "FILE");
        _ttl = Option<string>("--ttl", "Delete the forks after this time: 30m, 2h, 7d", "TIME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new ForkRequest
        {
            Name = call.Get(_name),
            Count = call.Get(_count),
            Keys = call.Get(_keys) ?? [],
            FirstBoot = await Scripts.ReadAsync(call, "--first-boot", call.Get(_firstBoot), cancellation),
            TtlSeconds = call.Get(_ttl) is { } ttl ? (int)Durations.Parse(ttl, "--ttl").TotalSeconds : null,
        };
        var source = await call.Client.GetMachineAsync(call.Get(_source), cancellation);
        var before = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var machine in call.Client.ListMachinesAsync(cancellation)) before.Add(machine.Id);
        var ended = await Following.RequireAsync(call, await call.Client.ForkMachineAsync(source.Id, request, cancellation), cancellation);
        var forks = new List<Machine>();
        await foreach (var machine in call.Client.ListMachinesAsync(cancellation))
            if (machine.ForkOf == source.Id && !before.Contains(machine.Id)) forks.Add(machine);
        forks.Reverse();
        // They take the keys that their source takes, unless told otherwise.
        var keys = request.Keys.Count > 0 ? request.Keys : new MachineFolder(call.Around.ConfigFolder, source.Id).Keys;
        foreach (var fork in forks) new MachineFolder(call.Around.ConfigFolder, fork.Id).RememberKeys(keys);
        call.Screen.WriteList(forks, "No forks.", MachineText.Headings, m => MachineText.Row(m, call.Screen.Now));
        if (ended.Message is { } message) call.Screen.Warn(message);
        return forks.TrueForAll(f => f.State != MachineState.Failed) ? ExitCode.Ok : ExitCode.Failed;
    }
}
