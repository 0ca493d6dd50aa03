using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Pools;

internal sealed class PoolCreateVerb : Verb
{
    private static readonly string[] s_rungs = ["process", "firmware", "agent", "ssh", "remote-desktop", "cloud-init"];
    private readonly Argument<string> _name;
    private readonly Argument<string?> _image;
    private readonly Option<string> _golden;
    private readonly Option<string> _template;
    private readonly Option<int?> _target;
    private readonly Option<int?> _min;
    private readonly Option<int?> _max;
    private readonly Option<string> _maxAge;
    private readonly Option<string> _ttl;
    private readonly Option<string> _maxTtl;
    private readonly Option<bool> _stopped;
    private readonly Option<string> _readyWhen;
    private readonly Option<string> _memory;
    private readonly Option<int?> _cpus;
    private readonly Option<string> _disk;
    private readonly Option<string[]> _keys;
    private readonly Option<string> _userData;
    private readonly Option<string> _host;
    private readonly Option<string[]> _labels;

    public PoolCreateVerb() : base("create", "Keep machines of an image ready to be claimed",
        "warren pools create builders debian-12 --target 3 --max 10 --key laptop", "warren pools create cheap tiny --target 5 --stopped",
        "warren pools create fast --golden dev --target 5", "warren pools create agents --template build-agent")
    {
        _name = Argument<string>("NAME", "Name of the pool; its machines' names begin with it");
        _image = Argument<string?>("IMAGE", "An image in the store, a recipe or a catalogue entry; not needed with --golden or --template");
        _image.Arity = ArgumentArity.ZeroOrOne;
        _golden = Option<string>("--golden", "A golden image: from a warm one spares are forked, not booted", "NAME", "-g");
        _template = Option<string>("--template", "A template; it says what is not named here, also of the pool", "NAME[@VERSION]", "-t");
        _target = Option<int?>("--target", "Spares to keep ready; needed unless the template says it", "N");
        _min = Option<int?>("--min", "Tell by an event when fewer spares than this are ready [0]", "N");
        _max = Option<int?>("--max", "Most machines in all, with those that are lent [twice the target]", "N");
        _maxAge = Option<string>("--max-age", "Replace a spare after this time [never]", "TIME");
        _ttl = Option<string>("--ttl", "How long a lease lasts when a claim does not say [1h]", "TIME");
        _maxTtl = Option<string>("--max-ttl", "Longest lease that may be asked for [24h]", "TIME");
        _stopped = Option<bool>("--stopped", "Keep the spares off; a claim starts one");
        _readyWhen = Option<string>("--ready-when", "How far a spare must have come [agent, where the image has one]", string.Join('|', s_rungs)).AcceptOnlyFromAmong(s_rungs);
        _memory = Option<string>("--memory", "Memory of each machine: 512M, 1G [the image's default]", "SIZE", "-m");
        _cpus = Option<int?>("--cpus", "Virtual CPUs of each machine", "N", "-c");
        _disk = Option<string>("--disk", "System disk of each machine: 10G", "SIZE", "-d");
        _keys = Option<string[]>("--key", "SSH key to put into the guests; may be repeated", "NAME", "-k");
        _userData = Option<string>("--user-data", "cloud-init user-data", "FILE");
        _host = Option<string>("--host", "Where to run them [the host that fits best]", "NAME");
        _labels = Option<string[]>("--label", "Only on hosts with this label; may be repeated", "NAME=VALUE", "-l");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Get(_target) is null && call.Get(_template) is null) throw Refusal.Invalid("--target", "say how many spares to keep ready, or name a --template that says it");
        var pool = await call.Client.CreatePoolAsync(new CreatePoolRequest
        {
            Name = call.Get(_name),
            Target = call.Get(_target),
            Min = call.Get(_min),
            Max = call.Get(_max),
            MaxAgeSeconds = Seconds(call.Get(_maxAge), "--max-age"),
            LeaseSeconds = Seconds(call.Get(_ttl), "--ttl"),
            LeaseMaximumSeconds = Seconds(call.Get(_maxTtl), "--max-ttl"),
            Kind = call.Get(_stopped) ? PoolKind.Stopped : PoolKind.Warm,
            ReadyWhen = call.Get(_readyWhen) is { } rung ? Enum.GetValues<ReadinessRung>().First(r => Words.Of(r) == rung) : null,
            Machine = new LaunchRequest
            {
                Image = call.Find(_image),
                GoldenImage = call.Get(_golden),
                Template = call.Get(_template),
                Host = call.Get(_host),
                HostLabels = Pairs.Parse("--label", call.Get(_labels)),
                MemoryMiB = call.Get(_memory) is { } memory ? Sizes.MemoryMiB(memory) : null,
                Cpus = call.Get(_cpus),
                DiskGiB = call.Get(_disk) is { } disk ? Sizes.DiskGiB(disk) : null,
                Keys = call.Get(_keys) ?? [],
                UserData = await Scripts.ReadAsync(call, "--user-data", call.Get(_userData), cancellation),
            },
        }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(pool);
        else call.Screen.WriteLine($"{pool.Name}: made, it is being filled; claim with `warren claim {pool.Name}`");
        return ExitCode.Ok;
    }

    internal static int? Seconds(string? text, string option) => text is null ? null : (int)Durations.Parse(text, option).TotalSeconds;
}
