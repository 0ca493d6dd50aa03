using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Keys;

/// <summary>The private part goes into its file and nowhere else: not to the screen, not into the JSON.</summary>
internal sealed class KeyCreateVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _type;

    public KeyCreateVerb() : base("create", "Make an SSH key pair and keep its private part on this machine",
        "warren keys create laptop", "warren keys create old-device --type rsa4096")
    {
        _name = Argument<string>("NAME", "Name of the key");
        _type = Option<string>("--type", "Kind of key [ed25519]", "ed25519|rsa4096", "-t").AcceptOnlyFromAmong("ed25519", "rsa4096");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var algorithm = call.Get(_type) is "rsa4096" ? KeyAlgorithm.Rsa4096 : KeyAlgorithm.Ed25519;
        var (key, path) = await CreateAsync(call, call.Get(_name), algorithm, cancellation);
        call.Screen.WriteThing(key, KeyText.Properties(key, call.Keys));
        call.Screen.Hint($"The private part is in {path} and nowhere else.");
        return ExitCode.Ok;
    }

    /// <summary>Makes a pair on the server and keeps its private part.</summary>
    public static async Task<(SshKey Key, string Path)> CreateAsync(Invocation call, string name, KeyAlgorithm algorithm, CancellationToken cancellation)
    {
        using var place = call.Keys.Reserve(name);
        var created = await call.Client.CreateKeyAsync(new CreateKeyRequest { Name = name, Algorithm = algorithm }, cancellation);
        if (created.PrivateKey is null) throw Refusal.Of("internal", "No private key", "the server sent no private key");
        // Whatever happens now, the key exists: Ctrl-C must not lose it.
        await place.KeepAsync(created.PrivateKey, created.Key.PublicKey, CancellationToken.None);
        return (created.Key, place.Path);
    }
}
