using System.CommandLine;

namespace Warren.Cli.Keys;

internal sealed class KeyShowVerb : Verb
{
    private readonly Argument<string> _name;

    public KeyShowVerb() : base("show", "Show a key's public part", "warren keys show laptop")
    {
        Aliases.Add("info");
        _name = Argument<string>("NAME", "The key's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var key = await call.Client.GetKeyAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(key, KeyText.Properties(key, call.Keys));
        return ExitCode.Ok;
    }
}
