using System.CommandLine;

namespace Warren.Cli.Recordings;

internal sealed class RecordVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _off;

    public RecordVerb() : base("record", "Record what machines show on their screens while they are on", "warren record web", "warren record web --off")
    {
        _names = Several("NAME", "Names or ids of machines");
        _off = Option<bool>("--off", "Record no more; what was recorded stays");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var on = !call.Get(_off);
        foreach (var name in call.Get(_names).Distinct())
        {
            var machine = await call.Client.RecordScreenAsync(name, on, cancellation);
            if (call.Screen.Json) call.Screen.WriteJson(machine);
            else call.Screen.WriteLine($"{machine.Name}: {(on ? "its screen is recorded while it is on" : "its screen is not recorded")}");
        }

        return ExitCode.Ok;
    }
}
