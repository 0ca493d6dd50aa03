using Warren.Hypervisors.Commands;

namespace Warren.Server.Tests.Images;

/// <summary>A throw-away OpenPGP key made by the real gpg.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class GpgKey
{
    private readonly CommandRunner runner = new();
    private readonly string home;

    private GpgKey(string home) => this.home = home;

    public string Fingerprint { get; private set; } = "";

    public byte[] Armoured { get; private set; } = [];

    public byte[] Binary { get; private set; } = [];

    public static async Task<GpgKey> CreateAsync(string folder)
    {
        var key = new GpgKey(Directory.CreateDirectory(Path.Combine(folder, $"g{Guid.NewGuid():N}"[..8]), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName);
        await key.GpgAsync("--quick-generate-key", "Image Signing <images@example.org>", "ed25519", "sign", "never");
        var listing = await key.GpgAsync("--with-colons", "--list-keys");
        key.Fingerprint = listing.Split('\n').First(l => l.StartsWith("fpr:", StringComparison.Ordinal)).Split(':')[9];
        await key.GpgAsync("--output", Path.Combine(key.home, "a.asc"), "--armor", "--export");
        await key.GpgAsync("--output", Path.Combine(key.home, "b.gpg"), "--export");
        key.Armoured = await File.ReadAllBytesAsync(Path.Combine(key.home, "a.asc"));
        key.Binary = await File.ReadAllBytesAsync(Path.Combine(key.home, "b.gpg"));
        return key;
    }

    public Task<byte[]> SignDetachedAsync(byte[] content, bool armour = false) => SignAsync(content, armour ? ["--armor", "--detach-sign"] : ["--detach-sign"]);

    public Task<byte[]> ClearsignAsync(string content) => SignAsync(System.Text.Encoding.UTF8.GetBytes(content), ["--clearsign"]);

    /// <summary>Ends the agent that gpg leaves behind for this home.</summary>
    public Task StopAsync() => runner.RunAsync(new Command("gpgconf", "--homedir", home, "--kill", "all"));

    private async Task<byte[]> SignAsync(byte[] content, string[] how)
    {
        var (data, signature) = (Path.Combine(home, "data"), Path.Combine(home, "signature"));
        await File.WriteAllBytesAsync(data, content);
        await GpgAsync([.. how.Prepend(signature).Prepend("--output").Prepend("--yes"), data]);
        return await File.ReadAllBytesAsync(signature);
    }

    private Task<string> GpgAsync(params string[] arguments) =>
        runner.RequireAsync(new Command("gpg", ["--homedir", home, "--batch", "--passphrase", "", "--pinentry-mode", "loopback", .. arguments]));
}
