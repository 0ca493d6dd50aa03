using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Sharing;

internal sealed class ShareListVerb : Verb
{
    private static readonly string[] s_headings = ["ID", "FOR", "MAY", "CREATED", "ENDS"];

    private readonly Argument<string> _machine;

    public ShareListVerb() : base("list", "List the links to a machine's screen that work now", "warren shares list web")
    {
        Aliases.Add("ls");
        _machine = Argument<string>("MACHINE", "The machine's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var shares = new List<Share>();
        await foreach (var share in call.Client.ListSharesAsync(call.Get(_machine), cancellation)) shares.Add(share);
        call.Screen.WriteList(shares, $"No links. Make one: warren shares create {call.Get(_machine)}", s_headings,
            s => [s.Id, s.Name ?? "", s.Role == ViewerRole.View ? "view" : "control", Figures.Time(s.CreatedAt), Figures.Time(s.ExpiresAt)]);
        return ExitCode.Ok;
    }
}
