using System.CommandLine;
using System.Globalization;
using Warren.Cli.Arguments;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Audit;

internal sealed class AuditListVerb : Verb
{
    private static readonly string[] s_headings = ["SEQ", "AT", "WHO", "FROM", "WHAT", "SUBJECT", "PROJECT", "RESULT"];

    private readonly Option<string> _user;
    private readonly Option<string> _action;
    private readonly Option<string> _subject;
    private readonly Option<string> _project;
    private readonly Option<string> _result;
    private readonly Option<string> _since;
    private readonly Option<string> _address;
    private readonly Option<int> _limit;

    public AuditListVerb() : base("list", "Show who did what, newest first", "warren audit list --user ann --since 2d", "warren audit list --action machine. --result refused")
    {
        Aliases.Add("ls");
        _user = Option<string>("--user", "Only what this user did, by name or id; also tries to log in under that name", "NAME");
        _action = Option<string>("--action", "Only this, or what begins with it: machine.launch, machine.", "NAME");
        _subject = Option<string>("--subject", "Only what was done to this, by name or id", "NAME");
        _project = Option<string>("--project", "Only what was done in this project", "NAME");
        _result = Option<string>("--result", "Only with this result", "ok|refused|failed");
        _result.AcceptOnlyFromAmong("ok", "refused", "failed");
        _since = Option<string>("--since", "Only of the last so long: 90m, 2d", "TIME");
        _address = Option<string>("--address", "Only from this address", "ADDRESS");
        _limit = Option<int>("--limit", "At most so many [50]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var most = call.Get(_limit) is > 0 and var limit ? limit : 50;
        var filter = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, option) in new[] { ("user", _user), ("action", _action), ("subject", _subject), ("project", _project), ("result", _result), ("address", _address) })
            if (call.Get(option) is { } value) filter[name] = value;
        if (call.Get(_since) is { } since) filter["from"] = (call.Screen.Now - Durations.Parse(since, "--since")).ToString("O", CultureInfo.InvariantCulture);
        var entries = new List<AuditEntry>();
        await foreach (var entry in call.Client.ListAuditAsync(filter, cancellation))
        {
            entries.Add(entry);
            if (entries.Count == most) break;
        }

        call.Screen.WriteList(entries, "Nothing of the kind was done.", s_headings, Row);
        return ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(AuditEntry e) =>
    [
        e.Seq.ToString(CultureInfo.InvariantCulture), Figures.Time(e.At), Who(e), Cell.OrDash(e.Address), e.Action,
        Cell.OrDash((e.Subject ?? e.SubjectId) is { } subject ? $"{e.SubjectKind} {subject}" : null), Cell.OrDash(e.Project),
        new Cell(e.Problem is { } problem ? $"{Words.Of(e.Result)}: {problem}" : Words.Of(e.Result), e.Result switch { AuditResult.Ok => Ink.Good, AuditResult.Refused => Ink.Busy, _ => Ink.Bad }),
    ];

    private static string Who(AuditEntry e) => e.Actor switch
    {
        AuditActor.System => "system",
        AuditActor.Share => $"{e.User} (link)",
        AuditActor.Nobody => e.Tried is { } tried ? $"nobody, as {tried}" : "nobody",
        _ => e.User ?? "-",
    };
}
