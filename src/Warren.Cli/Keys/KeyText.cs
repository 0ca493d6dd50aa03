using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Keys;

/// <summary>SSH keys as people read them.</summary>
internal static class KeyText
{
    public static readonly string[] Headings = ["NAME", "ALGORITHM", "FINGERPRINT", "PRIVATE PART", "AGE"];

    public static IReadOnlyList<Cell> Row(SshKey k, KeyFolder folder, DateTimeOffset now)
        => [k.Name, k.Algorithm, k.Fingerprint, IsHere(k, folder) ? "here" : "-", Figures.Span(now - k.CreatedAt)];

    public static IReadOnlyList<(string, Cell?)> Properties(SshKey k, KeyFolder folder) =>
    [
        ("name", k.Name),
        ("id", k.Id),
        ("algorithm", k.Algorithm),
        ("fingerprint", k.Fingerprint),
        ("public key", k.PublicKey.Trim()),
        ("private key", Cell.OrNothing(IsHere(k, folder) ? folder.PathOf(k.Name) : null)),
        ("owner", k.Owner),
        ("created", Figures.Time(k.CreatedAt)),
    ];

    private static bool IsHere(SshKey key, KeyFolder folder)
        => folder.Has(key.Name) && folder.PublicPart(key.Name) is { } kept && kept.Split(' ').Take(2).SequenceEqual(key.PublicKey.Split(' ').Take(2));
}
