using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Warren.Contracts;

namespace Warren.Server.Audit;

/// <summary>
/// What of a request's body is written down: the properties that the contract marks as <see cref="AuditedAttribute"/>. Of all others, also of
/// those that somebody adds and forgets to mark, only that they were sent.
/// </summary>
internal static class AuditFields
{
    public const string Redacted = "(redacted)";

    /// <summary>Most fields of one request; of lists in a request, most items.</summary>
    private const int Most = 60;

    private static readonly string s_contracts = typeof(Problem).Namespace!;
    private static readonly ConcurrentDictionary<Type, Field[]> s_fields = new();

    public static Dictionary<string, string> Of(IEnumerable<object?> arguments)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var body in arguments.Where(a => a is not null && IsContract(a.GetType()))) Put(found, "", body!);
        return found;
    }

    /// <summary>The id that an answer tells of what was made: its own, or that of the thing inside. Secrets stand beside, and stay there.</summary>
    public static string? IdIn(object? answer)
    {
        if (answer is null || !IsContract(answer.GetType())) return null;
        if (answer.GetType().GetProperty("Id")?.GetValue(answer) is string id) return id;
        foreach (var part in answer.GetType().GetProperties())
            if (part.GetIndexParameters().Length == 0 && IsContract(part.PropertyType) && part.GetValue(answer) is { } inner && inner.GetType().GetProperty("Id")?.GetValue(inner) is string own) return own;
        return null;
    }

    private static void Put(Dictionary<string, string> found, string before, object body)
    {
        foreach (var (property, name, audited) in s_fields.GetOrAdd(body.GetType(), FieldsOf))
        {
            if (found.Count >= Most) return;
            var value = property.GetValue(body);
            if (value is null || (value is ICollection { Count: 0 })) continue;
            if (audited) PutValue(found, before + name, value);
            else found[before + name] = Redacted;
        }
    }

    private static void PutValue(Dictionary<string, string> found, string name, object value)
    {
        switch (value)
        {
            case string text:
                found[name] = AuditText.Of(text) ?? "";
                break;
            case bool yes:
                found[name] = yes ? "true" : "false";
                break;
            case Enum word:
                found[name] = JsonNamingPolicy.KebabCaseLower.ConvertName(word.ToString());
                break;
            case IEnumerable<string> texts:
                found[name] = AuditText.Of(string.Join(' ', texts.Take(Most))) ?? "";
                break;
            case IEnumerable<object> items:
                foreach (var (item, at) in items.Take(Most).Select((item, at) => (item, at))) PutValue(found, $"{name}.{at}", item);
                break;
            case IFormattable number when value.GetType().IsPrimitive:
                found[name] = number.ToString(null, CultureInfo.InvariantCulture);
                break;
            case var part when IsContract(part.GetType()):
                Put(found, name + ".", part);
                break;
            default:
                found[name] = Redacted;
                break;
        }
    }

    private static bool IsContract(Type type) => type.Namespace == s_contracts && !type.IsEnum;

    private static Field[] FieldsOf(Type type) => [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetIndexParameters().Length == 0)
        .Select(p => new Field(p, JsonNamingPolicy.CamelCase.ConvertName(p.Name), p.GetCustomAttribute<AuditedAttribute>() is not null))];

    private sealed record Field(PropertyInfo Property, string Name, bool Audited);
}
