using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostEditVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string[]> _settings;
    private readonly Option<string[]> _secrets;
    private readonly Option<string[]> _labels;
    private readonly Option<string> _reserve;
    private readonly Option<int?> _limit;

    public HostEditVerb() : base("edit", "Change a host; what is not named stays",
        "warren hosts edit lab --setting uri=qemu+ssh://root@lab2/system", "warren hosts edit lab --label zone= --limit 20")
    {
        _name = Argument<string>("NAME", "The host's name");
        _settings = Option<string[]>("--setting", "A setting; without a value it is taken away; may be repeated", "NAME=[VALUE]", "-s");
        _secrets = Option<string[]>("--secret", "A secret setting, from a file or standard input; without one it is taken away", "NAME=[FILE|-]");
        _labels = Option<string[]>("--label", "A label; without a value it is taken away; may be repeated", "NAME=[VALUE]", "-l");
        _reserve = Option<string>("--reserve", "Memory left to the host itself", "SIZE");
        _limit = Option<int?>("--limit", "Most machines that it takes; 0: no limit", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var settings = Pairs.ParseChange("--setting", call.Get(_settings));
        foreach (var (name, value) in await Pairs.ReadSecretsAsync(call, call.Get(_secrets), cancellation)) settings[name] = value.Length == 0 ? null : value;
        var labels = Pairs.ParseChange("--label", call.Get(_labels));
        var request = new EditHostRequest
        {
            Settings = settings.Count == 0 ? null : settings,
            Labels = labels.Count == 0 ? null : labels,
            ReservedMemoryMiB = call.Get(_reserve) is { } reserve ? Sizes.MemoryMiB(reserve) : null,
            MachineLimit = call.Get(_limit),
        };
        if (request is { Settings: null, Labels: null, ReservedMemoryMiB: null, MachineLimit: null })
            throw Refusal.Invalid("--setting, --secret, --label, --reserve, --limit", "name at least one of them");
        var host = await call.Client.EditHostAsync(call.Get(_name), request, cancellation);
        return await HostProbing.TellAsync(call, host.Name, cancellation);
    }
}
