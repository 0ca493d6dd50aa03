using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Sharing;

internal sealed class ConnectionsVerb : Verb
{
    private static readonly string[] s_headings = ["MACHINE", "TO", "WHO", "FROM", "MAY", "BEGAN", "FOR", "SENT", "RECEIVED"];

    private readonly Argument<string?> _machine;
    private readonly Option<bool> _open;
    private readonly Option<int> _limit;

    public ConnectionsVerb() : base("connections", "Show who is and who was at machines' consoles, newest first", "warren connections", "warren connections web --open")
    {
        _machine = Argument<string?>("MACHINE", "The machine's name or id [all machines]");
        _machine.Arity = ArgumentArity.ZeroOrOne;
        _open = Option<bool>("--open", "Only those that are there now");
        _limit = Option<int>("--limit", "At most so many [50]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var most = call.Get(_limit) is > 0 and var limit ? limit : 50;
        var connections = new List<Connection>();
        await foreach (var connection in call.Client.ListConnectionsAsync(call.Find(_machine), call.Get(_open) ? true : null, cancellation))
        {
            connections.Add(connection);
            if (connections.Count == most) break;
        }

        call.Screen.WriteList(connections, call.Get(_open) ? "Nobody is there." : "Nobody has been there yet.", s_headings, c => Row(c, call.Screen.Now));
        return ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(Connection c, DateTimeOffset now) =>
    [
        c.Machine, c.Kind.ToString().ToLowerInvariant(), c.ShareId is null ? c.User : $"{c.User} (link)", c.Address, c.Role.ToString().ToLowerInvariant(),
        Figures.Time(c.StartedAt), c.EndedAt is { } end ? Figures.Span(end - c.StartedAt) : $"{Figures.Span(now - c.StartedAt)}, open",
        Figures.Bytes(c.SentBytes), Figures.Bytes(c.ReceivedBytes),
    ];
}
