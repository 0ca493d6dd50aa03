using System.Text.RegularExpressions;
using Warren.Server.Database;

namespace Warren.Server.Web;

/// <summary>What names may look like.</summary>
internal static partial class Names
{
    public const string HostLabelRule = "1 to 63 characters of a-z, 0-9 and '-', beginning with a letter and not ending in '-' (RFC 1123)";
    public const string LabelRule = "1 to 63 characters of a-z, A-Z, 0-9, '.', '_' and '-', beginning with a letter or digit";

    /// <summary>A name that becomes the guest's host name.</summary>
    public static bool IsHostLabel(string name) => HostLabel().IsMatch(name) && !Ids.Looks(name);

    /// <summary>A name of a key, image and the like.</summary>
    public static bool IsLabel(string name) => Label().IsMatch(name) && !Ids.Looks(name);

    /// <summary>The name itself, or the first with a number behind it that nobody has.</summary>
    public static string Free(string name, IReadOnlySet<string> taken)
        => !taken.Contains(name) ? name : Enumerable.Range(2, taken.Count).Select(n => $"{name}-{n}").First(n => !taken.Contains(n));

    [GeneratedRegex(@"\A[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex HostLabel();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Label();
}
