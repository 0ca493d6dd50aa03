using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>
/// A host: what was stated of it, and what its last probe found. The version rises with the former, and when its status
/// changes; the rest is observed and written past it.
/// </summary>
internal sealed class HostRow : IEventSource, IVersioned
{
    public required string Name { get; set; }
    public required string Hypervisor { get; set; }

    /// <summary>Another value whenever kind, settings or secrets change: a driver that was made with another one is old.</summary>
    public string Connection { get; set; } = "";

    /// <summary>Settings by name, without the secret ones.</summary>
    public string SettingsJson { get; set; } = "{}";

    /// <summary>Secret settings, as <see cref="HostSecrets"/> writes them.</summary>
    public string? Secrets { get; set; }

    public string LabelsJson { get; set; } = "{}";

    /// <summary>Memory left to the host itself; the server's default when null.</summary>
    public int? ReservedMemoryMib { get; set; }

    /// <summary>Most machines, or null.</summary>
    public int? MachineLimit { get; set; }

    public bool Draining { get; set; }
    public HostState Status { get; set; }
    public string? StatusReason { get; set; }
    public string? StatusRemedy { get; set; }
    public DateTimeOffset? StatusSince { get; set; }

    /// <summary>The <see cref="HostProbe"/> of the last probe that was answered.</summary>
    public string? ProbeJson { get; set; }

    public DateTimeOffset? ProbedAt { get; set; }

    /// <summary>Names of machines there that are not ours.</summary>
    public string? ForeignJson { get; set; }

    /// <summary>Names of its networks; null where it has none that can be named.</summary>
    public string? NetworksJson { get; set; }

    /// <summary>Raised to lock the row while a machine is placed.</summary>
    public long Admissions { get; set; }

    public int Version { get; set; }

    string IEventSource.Id => Name;

    /// <summary>Hosts belong to the server; only its owner hears of them.</summary>
    string IOwned.OwnerId => "";

    string IOwned.ProjectId => "";

    string IEventSource.EventSubject => "host";

    string IEventSource.EventVerb(string verb, Func<string, bool> changed) => verb switch
    {
        "created" => "added",
        "deleted" => "removed",
        _ => changed(nameof(Status)) || changed(nameof(StatusReason)) ? "status" : verb,
    };

    public HostProbe? Probe => Read<HostProbe>(ProbeJson);

    public Dictionary<string, string> Settings
    {
        get => Read<Dictionary<string, string>>(SettingsJson)!;
        set => SettingsJson = JsonSerializer.Serialize(value);
    }

    public Dictionary<string, string> Labels
    {
        get => Read<Dictionary<string, string>>(LabelsJson)!;
        set => LabelsJson = JsonSerializer.Serialize(value);
    }

    public List<string> Foreign => Read<List<string>>(ForeignJson) ?? [];

    public List<string> Networks => Read<List<string>>(NetworksJson) ?? [];

    private static T? Read<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, WarrenJson.Options);
}
