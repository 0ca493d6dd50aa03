using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostAddVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _hypervisor;
    private readonly Option<string[]> _settings;
    private readonly Option<string[]> _secrets;
    private readonly Option<string[]> _labels;
    private readonly Option<string> _reserve;
    private readonly Option<int?> _limit;

    public HostAddVerb() : base("add", "Add a host; one that does not answer yet is added too, and says why it does not",
        "warren hosts add lab --hypervisor libvirt --setting uri=qemu+ssh://root@lab/system",
        "warren hosts add lab --hypervisor proxmox --setting url=https://lab:8006 --secret token=./token",
        "pass lab | warren hosts add lab --hypervisor proxmox --setting url=https://lab:8006 --secret token=-")
    {
        _name = Argument<string>("NAME", "Name of the host");
        _hypervisor = Option<string>("--hypervisor", "Its kind (see `warren hosts kinds`)", "KIND");
        _hypervisor.Required = true;
        _settings = Option<string[]>("--setting", "A setting of its kind; may be repeated", "NAME=VALUE", "-s");
        _secrets = Option<string[]>("--secret", "A secret setting, from a file or standard input; may be repeated", "NAME=FILE|-");
        _labels = Option<string[]>("--label", "A label that launches can ask for; may be repeated", "NAME=VALUE", "-l");
        _reserve = Option<string>("--reserve", "Memory left to the host itself [the server's default]", "SIZE");
        _limit = Option<int?>("--limit", "Most machines that it takes [no limit]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var settings = Pairs.Parse("--setting", call.Get(_settings));
        foreach (var (name, value) in await Pairs.ReadSecretsAsync(call, call.Get(_secrets), cancellation)) settings[name] = value;
        var host = await call.Client.AddHostAsync(new AddHostRequest
        {
            Name = call.Get(_name),
            Hypervisor = call.Get(_hypervisor)!,
            Settings = settings,
            Labels = Pairs.Parse("--label", call.Get(_labels)),
            ReservedMemoryMiB = call.Get(_reserve) is { } reserve ? Sizes.MemoryMiB(reserve) : null,
            MachineLimit = call.Get(_limit),
        }, cancellation);
        return await HostProbing.TellAsync(call, host.Name, cancellation);
    }
}
