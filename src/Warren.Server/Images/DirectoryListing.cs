using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>The names in a web server's folder listing (Apache, nginx and their like): whatever its links point to inside the folder.</summary>
internal static partial class DirectoryListing
{
    /// <summary>Largest listing read, in bytes.</summary>
    public const int MaximumBytes = 4 << 20;

    private const int MaximumNames = 20_000;

    /// <summary>Names of files, and of folders with a slash at the end. Links that lead elsewhere are left out.</summary>
    public static IReadOnlyList<string> Parse(Uri folder, ReadOnlySpan<byte> html)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match match in Link().Matches(Encoding.UTF8.GetString(html)))
        {
            if (names.Count == MaximumNames) break;
            if (!Uri.TryCreate(folder, WebUtility.HtmlDecode(match.Groups["target"].Value), out var target)) continue;
            if (target.Host != folder.Host || !target.AbsolutePath.StartsWith(folder.AbsolutePath, StringComparison.Ordinal) || target.Query.Length > 0) continue;
            var name = Uri.UnescapeDataString(target.AbsolutePath[folder.AbsolutePath.Length..]);
            if (name.Length is > 0 and < 256 && name.TrimEnd('/') is var plain && plain.Length > 0 && !plain.Contains('/', StringComparison.Ordinal) && plain is not ("." or "..") && !plain.Any(char.IsControl))
                names.Add(name);
        }

        return [.. names];
    }

    /// <summary>The name with the highest version: digits are compared as numbers, the rest as text.</summary>
    public static string? Newest(IEnumerable<string> names) => names.OrderBy(n => n, VersionOrder.Instance).LastOrDefault();

    [GeneratedRegex("""href\s*=\s*["']?(?<target>[^"'\s>]{1,1024})""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Link();
}

/// <summary>Orders names so that 1.10 comes after 1.9.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (a.Length > 0 && b.Length > 0)
        {
            var left = Take(ref a);
            var right = Take(ref b);
            var order = char.IsAsciiDigit(left[0]) && char.IsAsciiDigit(right[0]) ? Numbers(left, right) : left.CompareTo(right, StringComparison.Ordinal);
            if (order != 0) return order;
        }

        return a.Length - b.Length;
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> text)
    {
        var digits = char.IsAsciiDigit(text[0]);
        var end = 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]) == digits) end++;
        var part = text[..end];
        text = text[end..];
        return part;
    }

    private static int Numbers(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        a = a.TrimStart('0');
        b = b.TrimStart('0');
        return a.Length != b.Length ? a.Length - b.Length : a.CompareTo(b, StringComparison.Ordinal);
    }
}
