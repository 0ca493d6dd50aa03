using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Recordings;

internal sealed class RecordingListVerb : Verb
{
    private readonly Argument<string?> _machine;

    public RecordingListVerb() : base("list", "List recordings of screens, newest first", "warren recordings list", "warren recordings list web")
    {
        Aliases.Add("ls");
        _machine = Argument<string?>("MACHINE", "Those of one machine, by its name or id; it may be gone");
        _machine.Arity = ArgumentArity.ZeroOrOne;
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var recordings = new List<Recording>();
        await foreach (var recording in call.Client.ListRecordingsAsync(call.Find(_machine), cancellation)) recordings.Add(recording);
        call.Screen.WriteList(recordings, $"No recordings. Begin one: warren record {call.Find(_machine) ?? "NAME"}", RecordingText.Headings, RecordingText.Row);
        return ExitCode.Ok;
    }
}
