using System.CommandLine;

namespace Warren.Cli.Storage;

internal sealed class StorageDeleteVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _name;

    public StorageDeleteVerb() : base("delete", "Forget storage that was made here; a folder that is not empty stays", "warren storage delete lab fast")
    {
        Aliases.Add("rm");
        _host = Argument<string>("HOST", "The host's name");
        _name = Argument<string>("NAME", "Name of the storage");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.DeleteStorageAsync(call.Get(_host), call.Get(_name), cancellation);
        call.Screen.Hint($"{call.Get(_name)}: forgotten");
        return ExitCode.Ok;
    }
}
