using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Web.Fuzzing;

/// <summary>Values as a schema wants them, mostly; with known names among them, so that what is asked for is there.</summary>
internal sealed class ValueMaker(Dice dice, ApiDescription api, IReadOnlyList<string> known)
{
    private static readonly string[] s_texts =
    [
        "", " ", "a", "web", "Name With Spaces", "../../etc/passwd", "/etc/passwd", "%2e%2e%2f", "a/b", "a\\b", "-rf", "--help", "$(id)", "`id`", "a;b", "a'b\"c", "' or 1=1 --", "{user}", "{{7*7}}", "%s%n",
        "<script>alert(1)</script>", "a\nb", "a\r\nX-Injected: 1", "a\tb", "\u0000", "a\u0000b", "\u001b[31m", "\u202egnp.exe", "ﷺ", "𝒳", "e\u0301", "İ", "ẞ", "true", "null", "NaN", "-1", "1e400", "0x10",
        "sha256:00", "ssh-ed25519 AAAA x", "http://127.0.0.1/", "http://[::1", "file:///etc/passwd", "ssh://root@nowhere/", "unix:///nowhere.sock", "#cloud-config\nusers: [", "#!/bin/sh\ntrue",
        "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "0001-01-01T00:00:00-14:00", "00000000-0000-0000-0000-000000000000", "tiny", "local", "debian-12", "default",
    ];

    private static readonly long[] s_numbers = [0, 1, -1, 2, 5, 22, 60, 64, 100, 128, 256, 512, 1024, 65_535, 65_536, int.MaxValue, int.MinValue, int.MaxValue + 1L, long.MaxValue, long.MinValue];

    /// <summary>A text of any sort.</summary>
    public string Text() => dice.Roll(20) switch
    {
        < 7 => dice.Pick(known),
        < 18 => dice.Pick(s_texts),
        18 => new string((char)('a' + dice.Roll(26)), 1 + dice.Roll(70)),
        _ => string.Concat(Enumerable.Range(0, 1 + dice.Roll(12)).Select(_ => (char)(1 + dice.Roll(0xD7FF)))),
    };

    /// <summary>A value that fits the schema; one of eight anywhere in it does not.</summary>
    public JsonNode? Value(JsonElement schema, int depth = 0)
    {
        if (dice.Roll(8) == 0) return Anything(depth);
        schema = api.Resolve(schema);
        if (schema.TryGetProperty("oneOf", out var choices)) return Value(dice.Pick([.. choices.EnumerateArray()]), depth);
        if (schema.TryGetProperty("enum", out var words)) return JsonNode.Parse(dice.Pick([.. words.EnumerateArray()]).GetRawText());
        if (depth > 6) return null;
        return Type(schema) switch
        {
            "object" => Object(schema, depth),
            "array" => new JsonArray([.. Enumerable.Range(0, dice.Chance(2) ? 500 : dice.Roll(4)).Select(_ => Value(schema.GetProperty("items"), depth + 1))]),
            "integer" => dice.Pick(s_numbers),
            "number" => dice.Pick(s_numbers) / 3.0,
            "boolean" => dice.Chance(50),
            "string" => Text(),
            _ => null,
        };
    }

    /// <summary>What a query or a path may hold.</summary>
    public string Word(JsonElement schema) => Value(schema) switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        var other => other?.ToJsonString() ?? "",
    };

    private string? Type(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type)) return schema.TryGetProperty("properties", out _) ? "object" : null;
        return type.ValueKind == JsonValueKind.Array ? dice.Pick([.. type.EnumerateArray()]).GetString() : type.GetString();
    }

    private JsonObject Object(JsonElement schema, int depth)
    {
        var made = new JsonObject();
        var required = schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(n => n.GetString()!).ToHashSet(StringComparer.Ordinal) : [];
        if (schema.TryGetProperty("properties", out var properties))
            foreach (var property in properties.EnumerateObject())
                if (dice.Chance(required.Contains(property.Name) ? 96 : 25)) made[property.Name] = Value(property.Value, depth + 1);
        if (schema.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.Object)
            for (var i = dice.Roll(3); i > 0; i--) made[Text()] = Value(more, depth + 1);
        if (dice.Chance(4)) made[Text()] = Anything(depth);
        return made;
    }

    private JsonNode? Anything(int depth) => dice.Roll(depth > 3 ? 6 : 9) switch
    {
        0 => null,
        1 => dice.Pick(s_numbers),
        2 => dice.Chance(50),
        3 or 4 => Text(),
        5 => 1.5e300,
        6 => new JsonArray(Anything(depth + 1), Anything(depth + 1)),
        7 => new JsonObject { [Text()] = Anything(depth + 1) },
        _ => new string('x', 1 << dice.Roll(17)),
    };
}
