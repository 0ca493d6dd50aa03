using System.Text.Json;

namespace Warren.Cli.Terminal;

/// <summary>Enumerations as the API writes them.</summary>
internal static class Words
{
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
