using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Keys;
using Warren.Cli.Operations;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Warren.Cli.Machines;

internal sealed class LaunchVerb : Verb
{
    private readonly Argument<string> _image;
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
    private readonly Option<string> _firmware;
    private readonly Option<string> _video;
    private readonly Option<bool> _ephemeral;
    private readonly Option<bool> _noStart;
    private readonly Option<string> _host;
    private readonly Option<string[]> _labels;
    private readonly Option<string[]> _requires;
    private readonly Option<string> _network;
    private readonly Option<string[]> _options;
    private readonly Option<bool> _dryRun;
    private readonly Option<bool> _noWait;

    public LaunchVerb() : base("launch", "Create a machine from an image and start it",
        "warren launch tiny --name a",
        "warren launch debian-12 --name web --memory 2G --cpus 2 --key laptop --forward 8080:80",
        "warren launch debian-12 --user-data setup.yaml --ttl 2h",
        "warren launch debian-12 --label zone=attic --requires snapshots --dry-run",
        "warren launch debian-12 --no-wait --format json")
    {
        _image = Argument<string>("IMAGE", "An image in the store, a recipe or a catalogue entry (see `warren images catalogue`)");
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
        _firmware = Option<string>("--firmware", "Firmware [bios]", "bios|uefi").AcceptOnlyFromAmong("bios", "uefi");
        _video = Option<string>("--video", "Graphics card [std]", "std|virtio").AcceptOnlyFromAmong("std", "virtio");
        _ephemeral = Option<bool>("--ephemeral", "Throw the disks away at each stop");
        _noStart = Option<bool>("--no-start", "Create it and leave it off");
        _host = Option<string>("--host", "Where to run it [the host that fits best]", "NAME");
        _labels = Option<string[]>("--label", "Only on a host with this label; may be repeated", "NAME=VALUE", "-l");
        _requires = Option<string[]>("--requires", "Only on a host that can do this: snapshots, migration, ...; may be repeated", "CAPABILITY");
        _network = Option<string>("--network", "Plug it into this network of its host; excludes --forward", "NAME");
        _options = Option<string[]>("--option", "An option that only its hypervisor knows; may be repeated", "NAME=VALUE", "-o");
        _dryRun = Option<bool>("--dry-run", "Only say which host would take it, and why");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = await ReadAsync(call, cancellation);
        if (call.Get(_dryRun)) return PlacementText.Write(call.Screen, await call.Client.PlaceMachineAsync(request, cancellation));
        var keys = await KeysAsync(call, request.Image, cancellation);
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

    private async Task<LaunchRequest> ReadAsync(Invocation call, CancellationToken cancellation) => new()
    {
        Name = call.Get(_name),
        Image = call.Get(_image),
        Host = call.Get(_host),
        HostLabels = Pairs.Parse("--label", call.Get(_labels)),
        Requires = call.Get(_requires) ?? [],
        Network = call.Get(_network),
        Options = Pairs.Parse("--option", call.Get(_options)),
        MemoryMiB = call.Get(_memory) is { } memory ? Sizes.MemoryMiB(memory) : null,
        Cpus = call.Get(_cpus),
        DiskGiB = call.Get(_disk) is { } disk ? disk is "none" ? 0 : Sizes.DiskGiB(disk) : null,
        Firmware = call.Get(_firmware) is "uefi" ? MachineFirmware.Uefi : MachineFirmware.Bios,
        Video = call.Get(_video) is "virtio" ? MachineVideo.Virtio : MachineVideo.Std,
        Ephemeral = call.Get(_ephemeral),
        DataDisks = [.. (call.Get(_dataDisks) ?? []).Select(DataDisks.Parse)],
        UserData = await UserDataAsync(call, cancellation),
        Forwards = [.. (call.Get(_forwards) ?? []).Select(Forwards.Parse)],
        TtlSeconds = call.Get(_ttl) is { } ttl ? (int)Durations.Parse(ttl, "--ttl").TotalSeconds : null,
        Start = !call.Get(_noStart),
    };

    private async Task<string?> UserDataAsync(Invocation call, CancellationToken cancellation) => call.Get(_userData) switch
    {
        null => null,
        "-" => await call.Around.OpenIn().ReadToEndAsync(cancellation),
        var path when File.Exists(path) => await File.ReadAllTextAsync(path, cancellation),
        var path => throw Refusal.Invalid("--user-data", $"there is no file {path}"),
    };

    private async Task<IReadOnlyList<string>> KeysAsync(Invocation call, string image, CancellationToken cancellation)
    {
        var named = call.Get(_keys) ?? [];
        if (call.Get(_noKey)) return named.Length == 0 ? [] : throw Refusal.Invalid("--no-key", "cannot stand beside --key");
        if (named.Length > 0) return named;
        return await SpeaksSshAsync(call.Client, image, cancellation) ? [await DefaultKey.EnsureAsync(call, cancellation)] : [];
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
