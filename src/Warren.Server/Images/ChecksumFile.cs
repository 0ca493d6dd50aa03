using System.Text;
using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>A digest of a file.</summary>
/// <param name="Algorithm"><c>sha256</c> or <c>sha512</c>.</param>
/// <param name="Hex">Lower-case hexadecimal.</param>
public sealed partial record Digest(string Algorithm, string Hex)
{
    /// <summary>Reads <c>sha256:HEX</c> or <c>sha512:HEX</c>; bare digits are told apart by their number.</summary>
    /// <returns>The digest, or null when the text is none.</returns>
    public static Digest? Parse(string text)
    {
        var parts = text.Trim().ToLowerInvariant().Split(':', 2);
        var hex = parts[^1];
        if (!Hexadecimal().IsMatch(hex)) return null;
        var algorithm = hex.Length switch { 64 => "sha256", 128 => "sha512", _ => null };
        return algorithm is null || (parts.Length == 2 && parts[0] != algorithm) ? null : new Digest(algorithm, hex);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm}:{Hex}";

    [GeneratedRegex(@"\A[0-9a-f]{1,128}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hexadecimal();
}

/// <summary>One line of a checksum file.</summary>
/// <param name="FileName">Name the line gives; null for a file that holds nothing but a digest.</param>
/// <param name="Digest">Its digest.</param>
public sealed record ChecksumEntry(string? FileName, Digest Digest);

/// <summary>
/// A checksum file in any of the shapes distributions publish: GNU coreutils (<c>HEX  name</c>, <c>HEX *name</c>), BSD
/// (<c>SHA256 (name) = HEX</c>), a lone digest; with or without an OpenPGP cleartext frame, which is skipped here and judged by <see cref="SignatureCheck"/>.
/// </summary>
public sealed partial class ChecksumFile
{
    /// <summary>Largest file read, in bytes. Real ones are under 100 kB.</summary>
    public const int MaximumBytes = 1 << 20;

    private const int MaximumLineLength = 4096;
    private const int MaximumEntries = 10_000;

    private ChecksumFile(IReadOnlyList<ChecksumEntry> entries) => Entries = entries;

    /// <summary>Its SHA-256 and SHA-512 lines in order; lines with other algorithms, comments and noise are left out.</summary>
    public IReadOnlyList<ChecksumEntry> Entries { get; }

    /// <summary>Reads a checksum file.</summary>
    /// <exception cref="ImageException">Too large, too many lines, or not one line with a digest.</exception>
    public static ChecksumFile Parse(ReadOnlySpan<byte> content)
    {
        if (content.Length > MaximumBytes) throw Stale($"is larger than {MaximumBytes} bytes");
        var entries = new List<ChecksumEntry>();
        foreach (var line in Encoding.UTF8.GetString(content).EnumerateLines())
        {
            if (line.StartsWith("-----BEGIN PGP SIGNATURE-----")) break;
            if (line.Length > MaximumLineLength || ParseLine(line.Trim().ToString()) is not { } entry) continue;
            if (entries.Count == MaximumEntries) throw Stale($"has more than {MaximumEntries} lines");
            entries.Add(entry);
        }

        if (entries.Count == 0) throw Stale("holds no SHA-256 or SHA-512 digest");
        return new ChecksumFile(entries);
    }

    /// <summary>The digest of a file: the line that names it, or the only line of a file that names none.</summary>
    /// <exception cref="ImageException">No such line, or two that contradict each other.</exception>
    public Digest Find(string fileName)
    {
        var named = Entries.Where(e => e.FileName == fileName).Select(e => e.Digest).Distinct().ToList();
        if (named.Count == 0 && Entries is [{ FileName: null }]) return Entries[0].Digest;
        if (named.Count == 0) throw Stale($"does not list {fileName}");
        var strongest = named.GroupBy(d => d.Algorithm).OrderByDescending(g => g.Key, StringComparer.Ordinal).First().ToList();
        return strongest.Count == 1 ? strongest[0] : throw Stale($"lists {fileName} twice with different digests");
    }

    private static ChecksumEntry? ParseLine(string line)
    {
        var gnu = Gnu().Match(line);
        if (gnu.Success) return Entry(gnu.Groups["hex"].Value, gnu.Groups["name"].Success ? gnu.Groups["name"].Value : null, null);
        var bsd = Bsd().Match(line);
        return bsd.Success ? Entry(bsd.Groups["hex"].Value, bsd.Groups["name"].Value, bsd.Groups["algorithm"].Value) : null;
    }

    private static ChecksumEntry? Entry(string hex, string? name, string? algorithm)
    {
        if (Digest.Parse(hex) is not { } digest) return null;
        if (algorithm is not null && !algorithm.Replace("-", "", StringComparison.Ordinal).Equals(digest.Algorithm, StringComparison.OrdinalIgnoreCase)) return null;
        return new ChecksumEntry(name is not null && name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name, digest);
    }

    private static ImageException Stale(string what) => new(ImageErrors.CatalogueStale, $"the checksum file {what}");

    [GeneratedRegex(@"\A(?<hex>[0-9A-Fa-f]{64,128})(?:[ \t]+\*?(?<name>[^ \t*].*))?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Gnu();

    [GeneratedRegex(@"\A(?<algorithm>SHA-?256|SHA-?512) \((?<name>.+)\) = (?<hex>[0-9A-Fa-f]{64,128})\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Bsd();
}
