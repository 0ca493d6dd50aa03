using Warren.Hypervisors;
using Warren.Hypervisors.Commands;

namespace Warren.Server.Images;

/// <summary>What the check of a signature showed.</summary>
public enum SignatureStatus
{
    /// <summary>Made by an accepted key over exactly these bytes.</summary>
    Good,

    /// <summary>Wrong, expired, revoked, or no signature at all.</summary>
    Bad,

    /// <summary>Made by a key that is not in the keyring or not among the accepted fingerprints.</summary>
    NoKey,

    /// <summary>No keyring is there to check with.</summary>
    KeyringMissing,

    /// <summary>gpgv is not installed.</summary>
    ToolMissing,

    /// <summary>The distribution signs nothing for this image.</summary>
    NonePublished,
}

/// <summary>A signature's verdict.</summary>
/// <param name="Status">What it is.</param>
/// <param name="Detail">For people: the fingerprint, or what is wrong and the remedy.</param>
public sealed record SignatureVerdict(SignatureStatus Status, string Detail)
{
    /// <summary>The verdict of a distribution that signs nothing.</summary>
    public static SignatureVerdict NonePublished { get; } = new(SignatureStatus.NonePublished, "the distribution publishes no signature; its checksum came over HTTPS");
}

/// <summary>Checks OpenPGP signatures with gpgv, in a private home without any of the user's keys.</summary>
/// <param name="runner">Runs gpgv.</param>
/// <param name="keyFolders">Where keyrings named without a path are looked up.</param>
/// <param name="gpgv">Program to check with, looked up in PATH.</param>
public sealed class SignatureCheck(CommandRunner runner, IReadOnlyList<string> keyFolders, string gpgv = "gpgv")
{
    /// <summary>Checks a detached signature.</summary>
    /// <param name="dataFile">The signed file.</param>
    /// <param name="signature">The signature, binary or armoured.</param>
    /// <param name="keys">Who may have signed.</param>
    /// <param name="fetchedKey">The key as fetched from <see cref="SigningKeys.Url"/>, if it was.</param>
    /// <param name="cancellation">Ends the check.</param>
    public Task<SignatureVerdict> CheckDetachedAsync(string dataFile, byte[] signature, SigningKeys keys, byte[]? fetchedKey, CancellationToken cancellation) =>
        InHomeAsync(keys, fetchedKey, async (home, keyring) =>
        {
            var file = Path.Combine(home, "signature");
            await File.WriteAllBytesAsync(file, signature, cancellation);
            return await RunAsync(home, keyring, keys, [file, Path.GetFullPath(dataFile)], cancellation);
        });

    /// <summary>Checks a clearsigned text and gives out the part that was signed, and only when the signature is good.</summary>
    /// <returns>The verdict, and the signed text or null.</returns>
    public async Task<(SignatureVerdict Verdict, byte[]? Text)> CheckClearsignedAsync(byte[] content, SigningKeys keys, byte[]? fetchedKey, CancellationToken cancellation)
    {
        byte[]? text = null;
        var verdict = await InHomeAsync(keys, fetchedKey, async (home, keyring) =>
        {
            var (file, signed) = (Path.Combine(home, "clearsigned"), Path.Combine(home, "text"));
            await File.WriteAllBytesAsync(file, content, cancellation);
            var found = await RunAsync(home, keyring, keys, ["--output", signed, file], cancellation);
            if (found.Status == SignatureStatus.Good) text = await File.ReadAllBytesAsync(signed, cancellation);
            return found;
        });
        return (verdict, text);
    }

    /// <summary>Whether a keyring for these keys is on this machine.</summary>
    public bool HasKeyring(SigningKeys keys) => keys.Existing(keyFolders).Count > 0;

    private async Task<SignatureVerdict> InHomeAsync(SigningKeys keys, byte[]? fetchedKey, Func<string, string, Task<SignatureVerdict>> check)
    {
        var rings = keys.Existing(keyFolders);
        if (rings.Count == 0 && (fetchedKey is null || keys.Fingerprints.Count == 0))
            return new(SignatureStatus.KeyringMissing, $"keyring missing: {string.Join(" or ", keys.Keyrings)}; {keys.Remedy}");
        var home = Directory.CreateTempSubdirectory("warren-gpgv-").FullName;
        try
        {
            var keyring = Path.Combine(home, "keys.gpg");
            await using (var stream = StoreFiles.Create(keyring))
            {
                foreach (var ring in rings) await stream.WriteAsync(SigningKeys.Dearmour(await File.ReadAllBytesAsync(ring)));
                if (rings.Count == 0) await stream.WriteAsync(SigningKeys.Dearmour(fetchedKey!));
            }

            return await check(home, keyring);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private async Task<SignatureVerdict> RunAsync(string home, string keyring, SigningKeys keys, string[] arguments, CancellationToken cancellation)
    {
        try
        {
            // A signature over an image is over hundreds of megabytes.
            var command = new Command(gpgv, ["--homedir", home, "--status-fd", "1", "--keyring", keyring, .. arguments]) { Timeout = TimeSpan.FromMinutes(10) };
            var result = await runner.RunAsync(command, cancellation);
            return Judge(result.Output, result.ExitCode, keys.Fingerprints);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unsupported)
        {
            return new(SignatureStatus.ToolMissing, "gpgv is not installed; install the package gpgv");
        }
    }

    /// <summary>
    /// Judges gpgv's status lines (GnuPG doc/DETAILS). Good takes GOODSIG and VALIDSIG of an accepted primary key and nothing bad beside it;
    /// a further signature by an unknown key is no harm, because the accepted one covers the same bytes.
    /// </summary>
    internal static SignatureVerdict Judge(string status, int exitCode, IReadOnlyList<string> fingerprints)
    {
        var lines = status.Split('\n').Where(l => l.StartsWith("[GNUPG:] ", StringComparison.Ordinal)).Select(l => l[9..].Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        foreach (var bad in lines.Where(l => l[0] is "BADSIG" or "EXPSIG" or "EXPKEYSIG" or "REVKEYSIG" or "NODATA" or "UNEXPECTED"))
            return new(SignatureStatus.Bad, $"the signature is not good: gpgv says {string.Join(' ', bad)}");
        var valid = lines.Where(l => l is ["VALIDSIG", _, _, ..]).Select(l => l.Length > 10 ? l[10] : l[1]).ToList();
        var unknown = lines.Where(l => l[0] is "NO_PUBKEY").Select(l => l.ElementAtOrDefault(1) ?? "?").ToList();
        if (valid.Count > 0 && lines.Any(l => l[0] == "GOODSIG") && (exitCode == 0 || unknown.Count > 0))
        {
            var accepted = valid.FirstOrDefault(v => fingerprints.Count == 0 || fingerprints.Contains(v, StringComparer.OrdinalIgnoreCase));
            return accepted is not null
                ? new(SignatureStatus.Good, accepted)
                : new(SignatureStatus.NoKey, $"signed by {string.Join(", ", valid)}, which is not an accepted key");
        }

        return unknown.Count > 0
            ? new(SignatureStatus.NoKey, $"signed by key {string.Join(", ", unknown)}, which is not in the keyring")
            : new(SignatureStatus.Bad, $"no good signature (gpgv ended with {exitCode})");
    }
}
