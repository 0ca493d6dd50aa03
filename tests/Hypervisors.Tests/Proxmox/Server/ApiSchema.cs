using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>Judges requests by the published schema as the real server does (PVE::JSONSchema): an error for each parameter.</summary>
internal sealed class ApiSchema
{
    private static readonly Dictionary<string, string> s_formats = new(StringComparer.Ordinal)
    {
        ["pve-node"] = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?",
        ["pve-vmid"] = "[1-9][0-9]{2,8}",
        ["dns-name"] = @"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*",
        ["pve-configid"] = "[A-Za-z][A-Za-z0-9_-]+",
        ["pve-configid-list"] = "[A-Za-z][A-Za-z0-9_-]+([,; ]+[A-Za-z][A-Za-z0-9_-]+)*",
        ["pve-storage-id"] = @"[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]",
        ["pve-poolid"] = @"[A-Za-z0-9.\-_]+(/[A-Za-z0-9.\-_]+){0,2}",
        ["pve-tag-list"] = @"[A-Za-z0-9_][A-Za-z0-9_\-+.]*([;, ]+[A-Za-z0-9_][A-Za-z0-9_\-+.]*)*",
        ["urlencoded"] = "[-%A-Za-z0-9_.!~*'()]*",
        ["mac-addr"] = "[A-Fa-f0-9][02468aceACE][:][A-Fa-f0-9]{2}([:][A-Fa-f0-9]{2}){4}",
        ["pve-bridge-id"] = @"[-_.\w]+",
        ["pve-volume-id-or-qm-path"] = @"none|cdrom|/.*|[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]:.+",
        ["pve-volume-id-or-absolute-path"] = @"/.*|[A-Za-z][A-Za-z0-9\-_.]*[A-Za-z0-9]:.+",
        ["disk-size"] = @"[0-9]+(\.[0-9]+)?[KMGT]?",
        ["pve-qm-boot"] = @"order=[a-z]+[0-9]+(;[a-z]+[0-9]+)*|[acdn]{1,4}",
    };

    private readonly JsonObject _formats;
    private readonly Dictionary<string, JsonObject> _routes;

    internal ApiSchema()
    {
        using var stream = typeof(ApiSchema).Assembly.GetManifestResourceStream("proxmox-schema.json")!;
        var schema = JsonNode.Parse(stream)!.AsObject();
        _formats = schema["formats"]!.AsObject();
        _routes = schema["routes"]!.AsObject().ToDictionary(r => r.Key, r => r.Value!.AsObject(), StringComparer.Ordinal);
    }

    internal IReadOnlyCollection<string> Routes => _routes.Keys;

    /// <summary>The route of a request and the parameters in its path; null when there is no such method.</summary>
    internal (string Route, Dictionary<string, string> InPath)? Find(string method, string[] segments)
    {
        foreach (var route in _routes.Keys.Where(r => r.StartsWith(method + " ", StringComparison.Ordinal)))
        {
            var wanted = route[(method.Length + 2)..].Split('/');
            if (wanted.Length != segments.Length) continue;
            var inPath = new Dictionary<string, string>(StringComparer.Ordinal);
            if (wanted.Zip(segments).All(p => p.First[0] == '{' ? inPath.TryAdd(p.First[1..^1], p.Second) : p.First == p.Second)) return (route, inPath);
        }

        return null;
    }

    /// <summary>What is wrong with the parameters, by name; empty when nothing is.</summary>
    internal Dictionary<string, string> Judge(string route, IReadOnlyDictionary<string, string[]> parameters)
    {
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var rules = _routes[route];
        foreach (var (name, values) in parameters)
        {
            var rule = (rules[name] ?? rules[Regex.Replace(name, "[0-9]+$", "[n]", RegexOptions.NonBacktracking)]) as JsonObject;
            if (rule is null) errors[name] = "property is not defined in schema and the schema does not allow additional properties";
            else if ((string?)rule["type"] != "array" && values.Length != 1) errors[name] = "type check failed - got ARRAY";
            else if (values.Select(v => Wrong((string?)rule["type"] == "array" ? rule["items"]!.AsObject() : rule, v)).FirstOrDefault(w => w is not null) is { } wrong) errors[name] = wrong;
            else if ((string?)rule["requires"] is { } needed && !parameters.ContainsKey(needed)) errors[name] = $"missing property - '{name}' requires this property";
        }

        foreach (var (name, rule) in rules)
            if (rule!["optional"] is null && !name.EndsWith("[n]", StringComparison.Ordinal) && !parameters.ContainsKey(name)) errors[name] = "property is missing and it is not optional";
        return errors;
    }

    private string? Wrong(JsonObject rule, string value)
    {
        switch ((string?)rule["type"])
        {
            case "integer" or "number" when !decimal.TryParse(value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || ((string?)rule["type"] == "integer" && number != decimal.Truncate(number)):
                return $"type check ('{rule["type"]}') failed - got '{value}'";
            case "integer" or "number":
                var read = decimal.Parse(value, CultureInfo.InvariantCulture);
                if (rule["minimum"] is { } least && read < (decimal)least) return $"value must have a minimum value of {least}";
                if (rule["maximum"] is { } most && read > (decimal)most) return $"value must have a maximum value of {most}";
                break;
            case "boolean" when value is not ("0" or "1" or "yes" or "no" or "on" or "off" or "true" or "false"):
                return $"type check ('boolean') failed - got '{value}'";
        }

        if (rule["maxLength"] is { } longest && value.Length > (int)longest) return $"value may only be {longest} characters long";
        if (rule["enum"] is JsonArray words && !words.Any(w => (string?)w == value)) return $"value '{value}' does not have a value in the enumeration '{string.Join(", ", words)}'";
        // Perl's (?^:...) is a group with default options; {,n} is its {0,n}.
        if ((string?)rule["pattern"] is { } pattern && !Matches(pattern.Replace("(?^:", "(?:", StringComparison.Ordinal).Replace("{,", "{0,", StringComparison.Ordinal), value))
            return "value does not match the regex pattern";
        if ((string?)rule["format"] is not { } format) return null;
        if (format[0] == '#') return WrongParts(_formats[format]!.AsObject(), value);
        return s_formats.TryGetValue(format, out var shape) && !Matches(shape, value) ? $"invalid format - value does not look like a valid {format}" : null;
    }

    /// <summary>A property string: <c>a=1,b=2</c>, where one key may go without its name.</summary>
    private string? WrongParts(JsonObject rules, string value)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in value.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var key = at < 0 ? rules.FirstOrDefault(r => r.Value!["default_key"] is not null).Key : part[..at];
            if (key is null || rules[key] is not JsonObject rule) return $"invalid format - format error: {key}: property is not defined in schema and the schema does not allow additional properties";
            if (rule["alias"] is { } alias) (key, rule) = ((string)alias!, rules[(string)alias!]!.AsObject());
            if (!seen.Add(key)) return $"invalid format - duplicate key in comma-separated list property: {key}";
            if (Wrong(rule, part[(at + 1)..]) is { } wrong) return $"invalid format - {key}: {wrong}";
        }

        return rules.Where(r => r.Value!["optional"] is null && r.Value["alias"] is null && !seen.Contains(r.Key)).Select(r => $"invalid format - {r.Key}: property is missing and it is not optional").FirstOrDefault();
    }

    private static bool Matches(string pattern, string value) =>
        Regex.IsMatch(value, $"^(?:{pattern})$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) && !value.EndsWith('\n');
}
