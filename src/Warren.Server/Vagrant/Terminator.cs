using System.Globalization;

namespace Warren.Server.Vagrant;

/// <summary>Ends of here-documents.</summary>
internal static class Terminator
{
    /// <summary>The word, with a number behind it where a line of the text contains it.</summary>
    public static string Of(string word, string text)
    {
        var found = word;
        for (var i = 2; text.Contains(found, StringComparison.Ordinal); i++) found = string.Create(CultureInfo.InvariantCulture, $"{word}_{i}");
        return found;
    }
}
