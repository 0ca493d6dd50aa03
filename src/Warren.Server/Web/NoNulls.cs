using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Warren.Server.Web;

/// <summary>
/// Refuses null among the members of a list or object of names and values: the serializer minds the annotations of properties, not
/// of what is inside of them, and nothing in the contracts is a list of things that may be missing.
/// </summary>
internal static class NoNulls
{
    /// <summary>Key of the member's name in an exception's data.</summary>
    public const string Member = "member";

    private static readonly NullabilityInfoContext s_annotations = new();

    public static void Modify(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.Set is not { } set || property.PropertyType == typeof(string) || !property.PropertyType.IsAssignableTo(typeof(IEnumerable)) || MayHoldNull(property)) continue;
            property.Set = (owner, value) =>
            {
                Demand(value);
                set(owner, value);
            };
        }
    }

    /// <summary>Some do: in a change of a host null takes a setting away.</summary>
    private static bool MayHoldNull(JsonPropertyInfo property)
    {
        if (property.AttributeProvider is not PropertyInfo declared) return true;
        lock (s_annotations) return s_annotations.Create(declared).GenericTypeArguments.LastOrDefault()?.WriteState == NullabilityState.Nullable;
    }

    private static void Demand(object? value)
    {
        if (value is IDictionary pairs)
        {
            foreach (DictionaryEntry pair in pairs)
                if (pair.Value is null) throw new JsonException("must not be null") { Data = { [Member] = pair.Key.ToString() } };
        }
        else if (value is IList list && list.Cast<object?>().Any(v => v is null))
        {
            throw new JsonException("must not hold null");
        }
    }
}
