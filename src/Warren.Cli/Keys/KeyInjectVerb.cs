using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Cli.Ssh;
using Warren.Contracts;

namespace Warren.Cli.Keys;

internal sealed class KeyInjectVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string[]> _keys;

    public KeyInjectVerb() : base("inject", "Put keys into an existing machine: at once when it runs, else at its next start", "warren keys inject web laptop")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _keys = Several("KEY", "Names of keys");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var keys = call.Get(_keys);
        var operation = await call.Client.InjectKeysAsync(call.Get(_machine), new InjectKeysRequest { Keys = keys }, cancellation);
        var ended = await Following.RequireAsync(call, operation, cancellation);
        new MachineFolder(call.Around.ConfigFolder, ended.SubjectId).RememberKeys(keys);
        if (call.Screen.Json) call.Screen.WriteJson(ended);
        else call.Screen.Hint($"{ended.SubjectName}: {ended.Message ?? "the keys are in"}");
        return ExitCode.Ok;
    }
}
