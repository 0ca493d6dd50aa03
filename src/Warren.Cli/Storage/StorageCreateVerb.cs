using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Storage;

internal sealed class StorageCreateVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _name;
    private readonly Argument<string> _path;

    public StorageCreateVerb() : base("create", "Use a folder of a host for disks", "warren storage create lab fast /srv/nvme/warren")
    {
        _host = Argument<string>("HOST", "The host's name");
        _name = Argument<string>("NAME", "Name of the storage");
        _path = Argument<string>("PATH", "Absolute path of a folder of the host");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var place = await call.Client.CreateStorageAsync(call.Get(_host), new CreateStorageRequest { Name = call.Get(_name), Path = call.Get(_path) }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(place);
        else call.Screen.Hint($"{place.Name}: made at {place.Path}");
        return ExitCode.Ok;
    }
}
