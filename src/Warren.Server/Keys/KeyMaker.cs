using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Keys;

/// <summary>Makes and reads SSH keys with OpenSSH's own ssh-keygen.</summary>
internal sealed class KeyMaker(CommandRunner commands, DataFolder data)
{
    /// <summary>Makes a pair in a private folder that is gone afterwards.</summary>
    public async Task<(string PublicKey, string PrivateKey)> MakeAsync(string comment, KeyAlgorithm algorithm, CancellationToken cancellation)
    {
        var folder = data.Folder("keys", Guid.NewGuid().ToString("N"));
        try
        {
            var file = Path.Combine(folder, "key");
            string[] type = algorithm == KeyAlgorithm.Rsa4096 ? ["-t", "rsa", "-b", "4096"] : ["-t", "ed25519"];
            await commands.RequireAsync(new Command("ssh-keygen", ["-q", .. type, "-N", "", "-C", comment, "-f", file]), cancellation);
            return ((await File.ReadAllTextAsync(file + ".pub", cancellation)).Trim(), await File.ReadAllTextAsync(file, cancellation));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Checks a public key and tells its fingerprint.</summary>
    /// <exception cref="RefusedException">It is not a public key in OpenSSH's one-line format.</exception>
    public async Task<string> FingerprintAsync(string publicKey, CancellationToken cancellation)
    {
        try
        {
            var said = await commands.RequireAsync(new Command("ssh-keygen", "-l", "-E", "sha256", "-f", "-") { Input = publicKey + "\n" }, cancellation);
            return said.Split(' ')[1];
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            throw new RefusedException(Problems.Validation("publicKey", "not a public key in OpenSSH's one-line format (ssh-keygen cannot read it)"));
        }
    }
}
