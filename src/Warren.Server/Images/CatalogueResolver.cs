using System.Text;
using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>What a catalogue entry stands for today.</summary>
/// <param name="Url">The image.</param>
/// <param name="Digest">Its published digest.</param>
/// <param name="Signature">Verdict over the checksum file; null when the image itself is signed: then <see cref="ImageSignature"/> is to be checked once it is here.</param>
/// <param name="ImageSignature">The image's detached signature.</param>
/// <param name="FetchedKey">The signing key, when it had to be fetched.</param>
public sealed record ResolvedImage(Uri Url, Digest Digest, SignatureVerdict? Signature, byte[]? ImageSignature, byte[]? FetchedKey);

/// <summary>Finds out what a catalogue entry stands for, from the distribution's own listing, checksum file and signature.</summary>
public sealed class CatalogueResolver(Downloader downloader, SignatureCheck signatures)
{
    private const int MaximumSignatureBytes = 64 << 10;
    private const int MaximumKeyBytes = 256 << 10;

    /// <summary>Resolves an entry.</summary>
    /// <exception cref="ImageException">Something could not be fetched, or is not what the catalogue expects.</exception>
    public async Task<ResolvedImage> ResolveAsync(CloudImage image, CancellationToken cancellation)
    {
        var release = image.Releases is null ? null : await NewestReleaseAsync(image, cancellation);
        var folder = new Uri(Fill(image.Folder, release));
        var listing = image.ImageFromListing || image.ChecksumPattern is not null ? await ListAsync(folder, cancellation) : [];
        var fromListing = image.ImageFromListing ? Pick(listing, image.ImagePattern, release, $"{folder}") : null;
        var checksumName = image.ChecksumPattern is null ? Fill(image.ChecksumName!, release, fromListing) : Pick(listing, image.ChecksumPattern, release, $"{folder}");
        var checksums = await downloader.ReadAsync(In(folder, checksumName), ChecksumFile.MaximumBytes, cancellation);
        var key = await FetchKeyAsync(image, cancellation);
        var (verdict, signed) = await JudgeChecksumsAsync(image, folder, checksums, key, cancellation);
        var parsed = ChecksumFile.Parse(signed);
        var name = fromListing ?? Pick(parsed.Entries.Select(e => e.FileName).OfType<string>(), image.ImagePattern, release, checksumName);
        var digest = parsed.Find(name);
        var signature = image.Signature == SignatureKind.DetachedOverImage
            ? await downloader.ReadAsync(In(folder, Fill(image.SignatureName!, release, name)), MaximumSignatureBytes, cancellation)
            : null;
        return new ResolvedImage(In(folder, name), digest, verdict, signature, key);
    }

    /// <summary>Judges the signature of the image itself, for entries whose distribution signs that.</summary>
    public Task<SignatureVerdict> CheckImageAsync(CloudImage image, ResolvedImage resolved, string file, CancellationToken cancellation) =>
        resolved.Signature is { } verdict
            ? Task.FromResult(verdict)
            : signatures.CheckDetachedAsync(file, resolved.ImageSignature ?? [], image.Keys!, resolved.FetchedKey, cancellation);

    private async Task<(SignatureVerdict? Verdict, byte[] Signed)> JudgeChecksumsAsync(CloudImage image, Uri folder, byte[] checksums, byte[]? key, CancellationToken cancellation)
    {
        switch (image.Signature)
        {
            case SignatureKind.None:
                return (SignatureVerdict.NonePublished, checksums);
            case SignatureKind.Clearsigned:
                var (verdict, text) = await signatures.CheckClearsignedAsync(checksums, image.Keys!, key, cancellation);
                return (verdict, text ?? checksums); // What is not good is used only when the caller was told to be insecure.
            case SignatureKind.DetachedOverChecksums:
                var signature = await downloader.ReadAsync(In(folder, image.SignatureName!), MaximumSignatureBytes, cancellation);
                var file = Path.GetTempFileName();
                try
                {
                    await File.WriteAllBytesAsync(file, checksums, cancellation);
                    return (await signatures.CheckDetachedAsync(file, signature, image.Keys!, key, cancellation), checksums);
                }
                finally
                {
                    File.Delete(file);
                }

            default:
                return (null, checksums);
        }
    }

    private async Task<byte[]?> FetchKeyAsync(CloudImage image, CancellationToken cancellation)
    {
        if (image.Keys?.Url is not { } url || signatures.HasKeyring(image.Keys)) return null;
        try
        {
            return await downloader.ReadAsync(url, MaximumKeyBytes, cancellation);
        }
        catch (ImageException)
        {
            return null; // The verdict is then "keyring missing", with its remedy.
        }
    }

    private async Task<string> NewestReleaseAsync(CloudImage image, CancellationToken cancellation)
    {
        var names = await ListAsync(image.Releases!, cancellation);
        var releases = names.Select(n => image.ReleasePattern!.Match(n)).Where(m => m.Success).Select(m => m.Groups["release"].Value);
        return DirectoryListing.Newest(releases) ?? throw Stale($"{image.Releases} lists no release");
    }

    private async Task<IReadOnlyList<string>> ListAsync(Uri folder, CancellationToken cancellation) =>
        DirectoryListing.Parse(folder, await downloader.ReadAsync(folder, DirectoryListing.MaximumBytes, cancellation));

    private static string Pick(IEnumerable<string> names, string pattern, string? release, string where)
    {
        var regex = new Regex($@"\A(?:{Fill(pattern, release is null ? null : Regex.Escape(release))})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture, Catalogue.PatternTimeout);
        return DirectoryListing.Newest(names.Where(n => regex.IsMatch(n) && !n.Contains('/', StringComparison.Ordinal)))
            ?? throw Stale($"{where} lists no file that matches {pattern}");
    }

    private static string Fill(string text, string? release, string? image = null) =>
        new StringBuilder(text).Replace("{release}", release ?? "{release}").Replace("{image}", image ?? "{image}").ToString();

    private static Uri In(Uri folder, string name) => new(folder, Uri.EscapeDataString(name));

    private static ImageException Stale(string what) => new(ImageErrors.CatalogueStale, $"{what}; the distribution has changed its layout, or the catalogue is wrong");
}
