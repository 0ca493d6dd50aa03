using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Keys;
using Warren.Cli.Operations;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class LaunchVerb : Verb
{
    private readonly Argument<string?> _image;
    private readonly Option<string> _template;
    private readonly Option<string> _golden;
    private readonly Option<string> _firstBoot;
    private readonly Option<string> _name;
    private readonly Option<string> _memory;
    private readonly Option<int?> _cpus;
    private readonly Option<string> _disk;
    private readonly Option<string[]> _keys;
    private readonly Option<bool> _noKey;
    private readonly Option<string> _userData;
    private readonly Option<string[]> _forwards;
    private readonly Option<string[]> _dataDisks;
    private readonly Option<string> _ttl;
    private readonly Option<string> _ttlAction;
    private readonly Option<string> _idle;
    private readonly Option<string> _idleAction;
    private readonly Option<string> _unwatched;
    private readonly Option<string> _unwatchedAction;
    private readonly Option<string> _firmware;
    private readonly Option<string> _video;
    private readonly Option<bool> _ephemeral;
    private readonly Option<bool> _record;
    private readonly Option<bool> _noStart;
    private readonly Option<string> _host;
    private readonly Option<string[]> _labels;
    private readonly Option<string[]> _requires;
    private readonly Option<string> _network;
    private readonly Option<string> _networkMode;
    private readonly Option<string[]> _egress;
    private readonly Option<int?> _bandwidth;
    private readonly Option<int?> _diskMiBps;
    private readonly Option<int?> _diskIops;
    private readonly Option<string[]> _options;
    private readonly Option<bool> _dryRun;
    private readonly Option<bool> _noWait;

    public LaunchVerb() : base("launch", "Create a machine from an image, or from a golden image, and start it",
        "warren launch tiny --name a",
        "warren launch debian-12 --name web --memory 2G --cpus 2 --key laptop --forward 8080:80",
        "warren launch debian-12 --user-data setup.yaml --ttl 2h",
        "warren launch tiny --ttl 8h --ttl-action stop --idle 30m",
        "warren launch --template web-server --name web",
        "warren launch debian-12 --label zone=attic --requires snapshots --dry-run",
        "warren launch tiny --egress 203.0.113.0/24:443 --egress names --bandwidth 50 --disk-mibps 100",
        "warren launch --golden dev --first-boot join.sh",
        "warren launch debian-12 --no-wait --format json")
    {
        _image = Argument<string?>("IMAGE", "An image in the store, a recipe or a catalogue entry (see `warren images catalogue`); not needed with --template or --golden");
        _image.Arity = ArgumentArity.ZeroOrOne;
        _template = Option<string>("--template", "A template, which says whatever is left out here (see `warren templates list`)", "NAME[@VERSION]", "-t");
        _golden = Option<string>("--golden", "A golden image instead: NAME (its newest version) or NAME@VERSION; it says memory, CPUs, disks and host", "NAME", "-g");
        _firstBoot = Option<string>("--first-boot", "Shell script that runs once in a machine from a golden image, as root; - reads standard input", "FILE");
        _name = Option<string>("--name", "Name of the machine, and of its host [made up]", "NAME", "-n");
        _memory = Option<string>("--memory", "Memory: 512M, 1G, a number of MiB [the image's default]", "SIZE", "-m");
        _cpus = Option<int?>("--cpus", "Virtual CPUs", "N", "-c");
        _disk = Option<string>("--disk", "System disk: 10G, a number of GiB; none for a live ISO", "SIZE", "-d");
        _keys = Option<string[]>("--key", "SSH key to put into the guest; may be repeated [default, made on first use]", "NAME", "-k");
        _noKey = Option<bool>("--no-key", "Put no SSH key into the guest");
        _userData = Option<string>("--user-data", "cloud-init user-data; - reads standard input", "FILE");
        _forwards = Option<string[]>("--forward", "Open a port of the guest, on a chosen port of the host if named; may be repeated", "[HOST:]GUEST[/udp]", "-p");
        _dataDisks = Option<string[]>("--data-disk", "A further disk: new, or an existing file of the host; may be repeated", "SIZE|PATH");
        _ttl = Option<string>("--ttl", "Delete the machine after this time: 30m, 2h, 7d", "TIME");
        _ttlAction = Option<string>("--ttl-action", "What happens to it then instead [delete]", string.Join('|', EndText.Actions)).AcceptOnlyFromAmong(EndText.Actions);
        _idle = Option<string>("--idle", "Stop the machine when nobody has used it for this time", "TIME");
        _unwatched = Option<string>("--unwatched", "Stop the machine when the last has left its consoles for this time", "TIME");
        _unwatchedAction = Option<string>("--unwatched-action", "What happens to it then instead [stop]", string.Join('|', EndText.Actions)).AcceptOnlyFromAmong(EndText.Actions);
        _idleAction = Option<string>("--idle-action", "What happens to it then instead [stop]", string.Join('|', EndText.Actions)).AcceptOnlyFromAmong(EndText.Actions);
        _firmware = Option<string>("--firmware", "Firmware [bios]", "bios|uefi").AcceptOnlyFromAmong("bios", "uefi");
        _video = Option<string>("--video", "Graphics card [std]", "std|virtio").AcceptOnlyFromAmong("std", "virtio");
        _ephemeral = Option<bool>("--ephemeral", "Throw the disks away at each stop");
        _record = Option<bool>("--record", "Record what it shows on its screen while it is on");
        _noStart = Option<bool>("--no-start", "Create it and leave it off");
        _host = Option<string>("--host", "Where to run it [the host that fits best]", "NAME");
        _labels = Option<string[]>("--label", "Only on a host with this label; may be repeated", "NAME=VALUE", "-l");
        _requires = Option<string[]>("--requires", "Only on a host that can do this: snapshots, migration, ...; may be repeated", "CAPABILITY");
        _network = Option<string>("--network", "Plug it into this network of its host; excludes --forward", "NAME");
        _networkMode = Option<string>("--network-mode", "What the guest may reach [internet, where the host can keep that apart]", "isolated|internet|lan").AcceptOnlyFromAmong("isolated", "internet", "lan");
        _egress = Option<string[]>("--egress", "Let the guest connect to this alone: 203.0.113.0/24, 203.0.113.7:443/tcp, [2001:db8::1]:443, names; may be repeated", "DESTINATION");
        _bandwidth = Option<int?>("--bandwidth", "What its network may send, and as much again receive, in Mbit/s", "N");
        _diskMiBps = Option<int?>("--disk-mibps", "What its disks together may read and write, in MiB/s", "N");
        _diskIops = Option<int?>("--disk-iops", "Reads and writes of its disks together in a second", "N");
        _options = Option<string[]>("--option", "An option that only its hypervisor knows; may be repeated", "NAME=VALUE", "-o");
        _dryRun = Option<bool>("--dry-run", "Only say which host would take it, and why");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = await ReadAsync(call, cancellation);
        if (call.Get(_dryRun)) return PlacementText.Write(call.Screen, await call.Client.PlaceMachineAsync(request, cancellation));
        var keys = await KeysAsync(call, request, cancellation);
        var operation = await call.Client.LaunchMachineAsync(request with { Keys = keys }, cancellation: cancellation);
        var folder = new MachineFolder(call.Around.ConfigFolder, operation.SubjectId);
        folder.RememberKeys(keys);
        if (call.Get(_noWait))
        {
            if (call.Screen.Json) call.Screen.WriteJson(operation);
            else call.Screen.WriteLine($"{operation.SubjectName}: operation {operation.Id}");
            return ExitCode.Ok;
        }

        try
        {
            await Following.RequireAsync(call, operation, cancellation);
        }
        catch (Exception e) when (e is WarrenException and not WarrenUnreachableException or OperationCanceledException)
        {
            if (!await ExistsAsync(call.Client, operation.SubjectId)) folder.Delete();
            throw;
        }

        var machine = await call.Client.GetMachineAsync(operation.SubjectId, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else if (call.Screen.Quiet) call.Screen.WriteLine(machine.Name);
        else call.Screen.WriteLine(MachineText.HowToConnect(machine, call.Client.Server));
        return ExitCode.Ok;
    }

    /// <summary>A failed machine stays to be looked at; a cancelled one is gone.</summary>
    private static async Task<bool> ExistsAsync(WarrenClient client, string id)
    {
        try
        {
            await client.GetMachineAsync(id);
            return true;
        }
        catch (WarrenException e)
        {
            return e.Kind is not "not-found";
        }
    }

    private async Task<LaunchRequest> ReadAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Find(_image) is not null && call.Get(_golden) is not null) throw Refusal.Invalid("--golden", "cannot stand beside an image");
        if (call.Find(_image) is null && call.Get(_golden) is null && call.Get(_template) is null)
            throw Refusal.Invalid("IMAGE", "name an image, a golden image with --golden, or a template with --template");
        return await RequestAsync(call, cancellation);
    }

    private async Task<LaunchRequest> RequestAsync(Invocation call, CancellationToken cancellation) => new()
    {
        Name = call.Get(_name),
        Image = call.Find(_image),
        Template = call.Get(_template),
        GoldenImage = call.Get(_golden),
        FirstBoot = await Scripts.ReadAsync(call, "--first-boot", call.Get(_firstBoot), cancellation),
        Host = call.Get(_host),
        HostLabels = Pairs.Parse("--label", call.Get(_labels)),
        Requires = call.Get(_requires) ?? [],
        Network = call.Get(_network),
        NetworkMode = call.Get(_networkMode) switch { "isolated" => MachineNetworkMode.Isolated, "internet" => MachineNetworkMode.Internet, "lan" => MachineNetworkMode.Lan, _ => null },
        Egress = call.Get(_egress) ?? [],
        NetworkMbps = call.Get(_bandwidth),
        DiskMiBps = call.Get(_diskMiBps),
        DiskIops = call.Get(_diskIops),
        Options = Pairs.Parse("--option", call.Get(_options)),
        MemoryMiB = call.Get(_memory) is { } memory ? Sizes.MemoryMiB(memory) : null,
        Cpus = call.Get(_cpus),
        DiskGiB = call.Get(_disk) is { } disk ? disk is "none" ? 0 : Sizes.DiskGiB(disk) : null,
        Firmware = call.Get(_firmware) switch { "uefi" => MachineFirmware.Uefi, "bios" => MachineFirmware.Bios, _ => null },
        Video = call.Get(_video) switch { "virtio" => MachineVideo.Virtio, "std" => MachineVideo.Std, _ => null },
        Ephemeral = call.Get(_ephemeral),
        DataDisks = [.. (call.Get(_dataDisks) ?? []).Select(DataDisks.Parse)],
        UserData = await Scripts.ReadAsync(call, "--user-data", call.Get(_userData), cancellation),
        Forwards = [.. (call.Get(_forwards) ?? []).Select(Forwards.Parse)],
        TtlSeconds = call.Get(_ttl) is { } ttl ? (int)Durations.Parse(ttl, "--ttl").TotalSeconds : null,
        TtlAction = EndText.Action(call.Get(_ttlAction)),
        Idle = Idle(call),
        Unwatched = Unwatched(call),
        RecordScreen = call.Get(_record) ? true : null,
        Start = !call.Get(_noStart),
    };

    private IdlePolicy? Idle(Invocation call)
    {
        if (call.Get(_idle) is not { } idle) return call.Get(_idleAction) is null ? null : throw Refusal.Invalid("--idle-action", "goes with --idle");
        var policy = new IdlePolicy { AfterSeconds = (int)Durations.Parse(idle, "--idle").TotalSeconds };
        return EndText.Action(call.Get(_idleAction)) is { } action ? policy with { Action = action } : policy;
    }

    private UnwatchedPolicy? Unwatched(Invocation call)
    {
        if (call.Get(_unwatched) is not { } left) return call.Get(_unwatchedAction) is null ? null : throw Refusal.Invalid("--unwatched-action", "goes with --unwatched");
        var policy = new UnwatchedPolicy { AfterSeconds = (int)Durations.Parse(left, "--unwatched").TotalSeconds };
        return EndText.Action(call.Get(_unwatchedAction)) is { } action ? policy with { Action = action } : policy;
    }

    private async Task<IReadOnlyList<string>> KeysAsync(Invocation call, LaunchRequest request, CancellationToken cancellation)
    {
        var named = call.Get(_keys) ?? [];
        if (call.Get(_noKey)) return named.Length == 0 ? [] : throw Refusal.Invalid("--no-key", "cannot stand beside --key");
        if (named.Length > 0) return named;
        var (image, golden) = (request.Image, request.GoldenImage);
        if (request.Template is { } wanted)
        {
            // A template that does not exist is the launch's to refuse.
            var template = await FindTemplateAsync(call.Client, wanted, cancellation);
            if (template?.Content?.Keys.Count > 0) return [];
            image ??= template?.Image;
            golden ??= template?.GoldenImage;
        }

        if (golden is not null) image ??= (await call.Client.GetGoldenImageAsync(golden, cancellation)).Image;
        return image is not null && await SpeaksSshAsync(call.Client, image, cancellation) ? [await DefaultKey.EnsureAsync(call, cancellation)] : [];
    }

    private static async Task<Template?> FindTemplateAsync(WarrenClient client, string wanted, CancellationToken cancellation)
    {
        var at = wanted.LastIndexOf('@');
        int? version = at >= 0 && int.TryParse(wanted.AsSpan(at + 1), out var number) ? number : null;
        try
        {
            return await client.GetTemplateAsync(version is null ? wanted : wanted[..at], version, cancellation);
        }
        catch (WarrenException e) when (e.Kind is "not-found")
        {
            return null;
        }
    }

    /// <summary>By the store, else by the catalogue. What neither knows, the launch itself will refuse.</summary>
    private static async Task<bool> SpeaksSshAsync(WarrenClient client, string image, CancellationToken cancellation)
    {
        try
        {
            return (await client.GetImageAsync(image, cancellation)).Features.Contains("ssh");
        }
        catch (WarrenException e) when (e.Kind is "not-found")
        {
            try
            {
                return (await client.GetCatalogueEntryAsync(image, cancellation)).Features.Contains("ssh");
            }
            catch (WarrenException inner) when (inner.Kind is "not-found")
            {
                return false;
            }
        }
    }
}
