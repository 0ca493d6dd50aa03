using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Keys;

internal sealed class KeyAddVerb : Verb
{
    private const int MostBytes = 16 * 1024;
    private readonly Argument<string> _name;
    private readonly Argument<string> _file;

    public KeyAddVerb() : base("add", "Store a public key that you have already", "warren keys add laptop ~/.ssh/id_ed25519.pub")
    {
        _name = Argument<string>("NAME", "Name of the key");
        _file = Argument<string>("FILE.pub", "File with the public part; - reads standard input");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var text = (await ReadAsync(call, call.Get(_file), cancellation)).Trim();
        if (text.Contains("PRIVATE KEY", StringComparison.Ordinal)) throw Refusal.Invalid("FILE.pub", "holds a private key, which stays with you: name the .pub file");
        var created = await call.Client.CreateKeyAsync(new CreateKeyRequest { Name = call.Get(_name), PublicKey = text }, cancellation);
        call.Screen.WriteThing(created.Key, KeyText.Properties(created.Key, call.Keys));
        return ExitCode.Ok;
    }

    private static async Task<string> ReadAsync(Invocation call, string path, CancellationToken cancellation)
    {
        if (path == "-") return await call.Around.OpenIn().ReadToEndAsync(cancellation);
        var file = new FileInfo(path);
        if (!file.Exists) throw Refusal.Invalid("FILE.pub", $"there is no file {path}");
        if (file.Length > MostBytes) throw Refusal.Invalid("FILE.pub", $"{path} is too large for a public key");
        return await File.ReadAllTextAsync(path, cancellation);
    }
}
