using Warren.Contracts;

namespace Warren.Cli.Keys;

internal sealed class KeyListVerb : Verb
{
    public KeyListVerb() : base("list", "List SSH keys", "warren keys list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var keys = new List<SshKey>();
        await foreach (var key in call.Client.ListKeysAsync(cancellation)) keys.Add(key);
        call.Screen.WriteList(keys, "No keys. Make one: warren keys create laptop", KeyText.Headings, k => KeyText.Row(k, call.Keys, call.Screen.Now));
        return ExitCode.Ok;
    }
}
