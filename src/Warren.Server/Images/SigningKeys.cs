using System.Text;

namespace Warren.Server.Images;

/// <summary>The keys that may sign a distribution's images.</summary>
/// <param name="Keyrings">Keyring files, OpenPGP binary or armoured: names in the key folders, or absolute paths where a package installs them.</param>
/// <param name="Fingerprints">Primary key fingerprints that are accepted, 40 hexadecimal digits each; any key in the keyrings when empty.</param>
/// <param name="Remedy">What an administrator does when no keyring is there.</param>
public sealed record SigningKeys(IReadOnlyList<string> Keyrings, IReadOnlyList<string> Fingerprints, string Remedy)
{
    private const string ArmourStart = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private const string ArmourEnd = "-----END PGP PUBLIC KEY BLOCK-----";

    /// <summary>Address of the public key, used when no keyring is there. Only with fingerprints: those are what is trusted then, not the address.</summary>
    public Uri? Url { get; init; }

    /// <summary>The keyring files that exist.</summary>
    /// <param name="folders">Folders in which plain names are looked up.</param>
    public IReadOnlyList<string> Existing(IEnumerable<string> folders) =>
        [.. Keyrings.SelectMany(k => Path.IsPathRooted(k) ? [k] : folders.Select(f => Path.Combine(f, k))).Where(File.Exists)];

    /// <summary>Turns an armoured key into the binary form that gpgv reads; binary stays as it is.</summary>
    /// <exception cref="ImageException">Armour without a key in it.</exception>
    public static byte[] Dearmour(byte[] key)
    {
        var text = Encoding.Latin1.GetString(key);
        if (!text.Contains(ArmourStart, StringComparison.Ordinal)) return key;
        using var binary = new MemoryStream();
        for (var start = text.IndexOf(ArmourStart, StringComparison.Ordinal); start >= 0; start = text.IndexOf(ArmourStart, start + 1, StringComparison.Ordinal))
        {
            var end = text.IndexOf(ArmourEnd, start, StringComparison.Ordinal);
            var block = end < 0 ? "" : text[(start + ArmourStart.Length)..end];
            var lines = block.Split('\n').Select(l => l.Trim()).Skip(1);
            // Armour headers ("Comment: ...") end with an empty line; the line with "=" is the checksum (RFC 4880 section 6.2).
            var body = string.Concat(lines.SkipWhile(l => l.Contains(':', StringComparison.Ordinal)).Where(l => l.Length > 0 && l[0] != '='));
            var bytes = new byte[body.Length];
            if (body.Length == 0 || !Convert.TryFromBase64String(body, bytes, out var count))
                throw new ImageException(ImageErrors.SignatureUnchecked, "the key is armoured but cannot be read");
            binary.Write(bytes, 0, count);
        }

        return binary.ToArray();
    }
}
