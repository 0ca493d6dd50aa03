using System.Globalization;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>Parameters of a request. Values are data: they are encoded, whatever they hold; a name may stand more than once.</summary>
internal sealed class Form
{
    private readonly List<KeyValuePair<string, string>> _values = [];

    /// <summary>Adds one; null is left out.</summary>
    internal Form With(string name, string? value)
    {
        if (value is not null) _values.Add(new(name, value));
        return this;
    }

    internal Form With(string name, long value) => With(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A flag: the API's booleans are 1 and 0.</summary>
    internal Form With(string name, bool value) => With(name, value ? "1" : "0");

    /// <summary>A list: its name once for each.</summary>
    internal Form WithAll(string name, IEnumerable<string> values)
    {
        foreach (var value in values) With(name, value);
        return this;
    }

    internal FormUrlEncodedContent Content() => new(_values);

    internal string Query() => string.Join('&', _values.Select(v => $"{Uri.EscapeDataString(v.Key)}={Uri.EscapeDataString(v.Value)}"));

    /// <summary>A path of segments, each of which is data.</summary>
    internal static string Path(params object[] segments) =>
        "/" + string.Join('/', segments.Select(s => Uri.EscapeDataString(Convert.ToString(s, CultureInfo.InvariantCulture) ?? "")));
}
