using System.CommandLine;

namespace Warren.Cli.Keys;

internal sealed class KeyDeleteVerb : Verb
{
    private readonly Argument<string[]> _names;

    public KeyDeleteVerb() : base("delete", "Make the server forget keys; machines that have them keep them", "warren keys delete laptop")
    {
        Aliases.Add("rm");
        _names = Several("NAME", "Names or ids of keys");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        foreach (var name in call.Get(_names).Distinct())
        {
            await call.Client.DeleteKeyAsync(name, cancellation);
            call.Screen.Hint($"{name}: deleted" + (call.Keys.Names().Contains(name) ? $"; the private part stays in {call.Keys.PathOf(name)}" : ""));
        }

        return ExitCode.Ok;
    }
}
