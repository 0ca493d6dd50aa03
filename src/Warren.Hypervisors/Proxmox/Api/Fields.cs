using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>
/// Fields of answers. The server is written in Perl: a number may come as text and a flag as 1, "1" or true
/// (responses of one route differ between versions).
/// </summary>
internal static class Fields
{
    /// <summary>A text; numbers as text; null where there is none.</summary>
    internal static string? Text(JsonNode? node, string name) => Text((node as JsonObject)?[name]);

    internal static string? Text(JsonNode? value)
    {
        if (value is not JsonValue scalar) return null;
        if (scalar.TryGetValue<string>(out var text)) return text;
        return scalar.GetValueKind() is System.Text.Json.JsonValueKind.Number ? scalar.ToJsonString() : null;
    }

    /// <summary>A whole number; null where there is none that fits.</summary>
    internal static long? Number(JsonNode? node, string name)
    {
        var text = Text(node, name);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)) return number;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < 9e18 ? (long)real : null;
    }

    /// <summary>A number that fits an int; null where there is none.</summary>
    internal static int? Small(JsonNode? node, string name) => Number(node, name) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : null;

    /// <summary>A flag; absent is false.</summary>
    internal static bool Flag(JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonValue value && (value.TryGetValue<bool>(out var flag) ? flag : Text(value) is "1" or "true");

    /// <summary>The objects of a list.</summary>
    /// <exception cref="HypervisorException">Unreachable when it is none.</exception>
    internal static IReadOnlyList<JsonObject> List(JsonNode? node, string what) =>
        node is JsonArray array && array.All(e => e is JsonObject) ? [.. array.Select(e => (JsonObject)e!)] : throw Bad(what);

    /// <summary>An object.</summary>
    /// <exception cref="HypervisorException">Unreachable when it is none.</exception>
    internal static JsonObject Object(JsonNode? node, string what) => node as JsonObject ?? throw Bad(what);

    /// <summary>Reads every text once: half a character (a lone surrogate) shows only then, and must not later.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    internal static void Touch(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject all:
                foreach (var (_, value) in all) Touch(value);
                break;
            case JsonArray all:
                foreach (var value in all) Touch(value);
                break;
            case JsonValue scalar:
                scalar.TryGetValue<string>(out _);
                break;
        }
    }

    /// <summary>An answer that is none.</summary>
    internal static HypervisorException Bad(string what) =>
        new(HypervisorErrorKind.Unreachable, $"{what}: the answer is not one of Proxmox VE");
}
