using System.CommandLine;
using System.Globalization;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Audit;

/// <summary>Has the chain of hashes walked through. What it ends with is to be kept elsewhere: a cut-off end shows by nothing else.</summary>
internal sealed class AuditVerifyVerb : Verb
{
    private readonly Option<string> _head;

    public AuditVerifyVerb() : base("verify", "Look whether entries were changed, deleted, put in or moved", "warren audit verify", "warren audit verify --head 1204:5f1d…")
        => _head = Option<string>("--head", "A head that an earlier run told, and was kept elsewhere: whether it is still there", "SEQ:HASH");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var kept = call.Get(_head) is { } text ? Head(text) : null;
        var found = await call.Client.VerifyAuditAsync(kept, cancellation);
        var good = found.Intact && found.KeptHead is not (KeptHeadState.Missing or KeptHeadState.Pruned);
        call.Screen.WriteThing(found,
        [
            ("trail", found.Intact ? new Cell("intact", Ink.Good) : new Cell("broken", Ink.Bad)),
            ("wrong", Cell.OrNothing(found.BrokenSeq is { } seq ? $"entry {seq}: {found.Problem}" : null)),
            ("entries", found.Entries.ToString(CultureInfo.InvariantCulture)),
            ("oldest", Cell.OrNothing(found.FirstSeq?.ToString(CultureInfo.InvariantCulture))),
            ("head", $"{found.Head.Seq}:{found.Head.Hash}"),
            ("kept head", found.KeptHead switch
            {
                KeptHeadState.Found => new Cell("found", Ink.Good),
                KeptHeadState.Missing => new Cell("missing: the end was cut off, or the trail written anew", Ink.Bad),
                KeptHeadState.Pruned => new Cell("older than what is kept; it cannot be told", Ink.Faint),
                _ => (Cell?)null,
            }),
        ]);
        return good ? ExitCode.Ok : ExitCode.Failed;
    }

    private static AuditHead Head(string text)
        => text.Split(':') is [var seq, { Length: 64 } hash] && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AuditHead(number, hash) : throw Refusal.Invalid("--head", "SEQ:HASH, as an earlier run told it");
}
