using System.CommandLine;

namespace Warren.Cli.Recordings;

internal sealed class RecordingDeleteVerb : Verb
{
    private readonly Argument<string[]> _ids;

    public RecordingDeleteVerb() : base("delete", "Delete recordings that are over", "warren recordings delete 01hx4k6q2m8s5v7y9zabcdefgh")
    {
        Aliases.Add("rm");
        _ids = Several("ID", "Ids of recordings");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        foreach (var id in call.Get(_ids).Distinct())
        {
            await call.Client.DeleteRecordingAsync(id, cancellation);
            call.Screen.Hint($"{id}: deleted");
        }

        return ExitCode.Ok;
    }
}
