using System.CommandLine;
using Warren.Cli.Terminal;

namespace Warren.Cli.Storage;

internal sealed class StorageListVerb : Verb
{
    private static readonly string[] s_headings = ["NAME", "KIND", "PATH", "SIZE", "FREE", "STATUS", "OURS"];
    private readonly Argument<string> _host;

    public StorageListVerb() : base("list", "List the places of a host where disks lie, ours or not", "warren storage list lab")
    {
        Aliases.Add("ls");
        _host = Argument<string>("HOST", "The host's name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var places = new List<Contracts.Storage>();
        await foreach (var place in call.Client.ListStorageAsync(call.Get(_host), cancellation)) places.Add(place);
        call.Screen.WriteList(places, "No storage.", s_headings, p =>
            [p.Name, p.Kind, Cell.OrDash(p.Path), Figures.Bytes(p.CapacityBytes), Figures.Bytes(p.FreeBytes), p.Active ? "up" : new Cell("down", Ink.Faint), p.Ours ? "yes" : "no"]);
        return ExitCode.Ok;
    }
}
