using System.Globalization;

namespace Warren.Hypervisors;

/// <summary>How one host is reached: what a person or the configuration stated, and where its driver may keep files.</summary>
public sealed record HostConnection
{
    /// <summary>The host's name, for messages and for marks of ownership.</summary>
    public required string Host { get; init; }

    /// <summary>Settings by name, secrets decrypted. Lists and maps are flat, as in .NET configuration: <c>list:0</c>, <c>map:key</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>A folder of the server for this host alone: machines, known host keys, sockets. Made by whoever uses it.</summary>
    public required string Folder { get; init; }

    /// <summary>The clock all waiting goes by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>A setting, or null when it is not stated or empty.</summary>
    public string? Text(string name) => Settings.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A setting that must be there.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    public string Required(string name) => Text(name) ?? throw Wrong(name, "must be stated");

    /// <summary>True or false.</summary>
    /// <exception cref="HypervisorException">Rejected when it is neither.</exception>
    public bool Flag(string name, bool otherwise) =>
        Text(name) is not { } text ? otherwise : bool.TryParse(text, out var flag) ? flag : throw Wrong(name, "must be true or false");

    /// <summary>A whole number in a range.</summary>
    /// <exception cref="HypervisorException">Rejected when it is none.</exception>
    public long Number(string name, long otherwise, long least, long most) =>
        Text(name) is not { } text ? otherwise
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw Wrong(name, $"must be a whole number from {least} to {most}");

    /// <summary>A time such as <c>00:00:30</c>.</summary>
    /// <exception cref="HypervisorException">Rejected when it is none.</exception>
    public TimeSpan Time(string name, TimeSpan otherwise) =>
        Text(name) is not { } text ? otherwise
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.Zero ? time
        : throw Wrong(name, "must be a time such as 00:00:30");

    /// <summary>A list: <c>name:0</c>, <c>name:1</c>, …</summary>
    public IReadOnlyList<string> List(string name)
    {
        var list = new List<string>();
        while (Settings.TryGetValue($"{name}:{list.Count}", out var value)) list.Add(value);
        return list;
    }

    /// <summary>A map: every <c>name:key</c>.</summary>
    public IReadOnlyDictionary<string, string> Map(string name) => Settings
        .Where(s => s.Key.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(s => s.Key[(name.Length + 1)..], s => s.Value, StringComparer.Ordinal);

    /// <summary>A refusal of a setting.</summary>
    public static HypervisorException Wrong(string name, string rule) => new(HypervisorErrorKind.Rejected, $"settings.{name} {rule}");
}
