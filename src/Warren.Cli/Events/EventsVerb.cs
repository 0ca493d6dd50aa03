using System.CommandLine;

namespace Warren.Cli.Events;

internal sealed class EventsVerb : Verb
{
    /// <summary>The stream does not say where the past ends; this long without an event is taken for it.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(1);

    private readonly Option<bool> _follow;
    private readonly Option<long?> _since;
    private readonly Option<string> _machine;

    public EventsVerb() : base("events", "Print what happened, or with --follow what happens",
        "warren events", "warren events --follow", "warren events --follow --machine web --format json")
    {
        _follow = Option<bool>("--follow", "Print what happens from now on, until Ctrl-C", null, "-f");
        _since = Option<long?>("--since", "Begin behind the event with this number", "N");
        _machine = Option<string>("--machine", "Only what happens to this machine", "NAME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var subject = call.Get(_machine) is { } name ? (await call.Client.GetMachineAsync(name, cancellation)).Id : null;
        var follow = call.Get(_follow);
        var after = call.Get(_since) ?? (follow ? null : 0);
        using var silence = new CancellationTokenSource(follow ? Timeout.InfiniteTimeSpan : s_silence, call.Around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
        try
        {
            await foreach (var happened in call.Client.WatchEventsAsync(subject, after, either.Token))
            {
                if (!follow) silence.CancelAfter(s_silence);
                if (call.Screen.Json) call.Screen.WriteJsonLine(happened);
                else call.Screen.WriteLine(EventText.Line(happened, call.Screen.Colour));
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // The past is told.
        }

        return ExitCode.Ok;
    }
}
