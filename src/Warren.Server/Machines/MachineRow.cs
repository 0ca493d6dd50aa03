using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Machines;

/// <summary>A machine: what is wanted and what was last observed.</summary>
internal sealed class MachineRow : IEventSource, IVersioned, IHosted
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public required string Host { get; set; }

    /// <summary>As the user named it.</summary>
    public required string ImageName { get; set; }

    /// <summary>The stored image, once it is there.</summary>
    public string? ImageId { get; set; }

    public int MemoryMib { get; set; }
    public int Cpus { get; set; }
    public int DiskGib { get; set; }

    /// <summary>A <see cref="MachineDevices"/>.</summary>
    public required string DevicesJson { get; set; }

    public required string MacAddress { get; set; }

    /// <summary>Public keys that the seed carries.</summary>
    public required string PublicKeysJson { get; set; }

    public string? UserData { get; set; }

    /// <summary>Rises when the guest is to take its seed anew; part of cloud-init's instance-id.</summary>
    public int SeedGeneration { get; set; }

    public WantedPower Wanted { get; set; }
    public MachineState State { get; private set; } = MachineState.Creating;
    public required string ReadinessJson { get; set; }
    public int? ProcessId { get; set; }
    public string? ProblemJson { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? ObservedAt { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>A <see cref="Contracts.Placement"/>: why it is where it is.</summary>
    public string? PlacementJson { get; set; }

    /// <summary>Addresses of the guest, as last seen.</summary>
    public string AddressesJson { get; set; } = "[]";

    /// <summary>Whether it starts with its host, where that was said here.</summary>
    public bool? Autostart { get; set; }

    /// <summary>It was not made from an image of ours: adopted, or cloned from such a one.</summary>
    public bool WithoutImage { get; set; }

    /// <summary>The host it is moving to; holds the room there.</summary>
    public string? MovingTo { get; set; }

    /// <summary>The machine whose disks it was made from.</summary>
    public string? CloneOf { get; set; }

    public int Version { get; set; }

    string IEventSource.EventSubject => "machine";

    public Placement? Placement
    {
        get => PlacementJson is null ? null : JsonSerializer.Deserialize<Placement>(PlacementJson, WarrenJson.Options);
        set => PlacementJson = value is null ? null : JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    public List<string> Addresses
    {
        get => JsonSerializer.Deserialize<List<string>>(AddressesJson)!;
        set => AddressesJson = JsonSerializer.Serialize(value);
    }

    public MachineDevices Devices => JsonSerializer.Deserialize<MachineDevices>(DevicesJson, WarrenJson.Options)!;

    public Readiness Readiness
    {
        get => JsonSerializer.Deserialize<Readiness>(ReadinessJson, WarrenJson.Options)!;
        set => ReadinessJson = JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    public List<string> PublicKeys
    {
        get => JsonSerializer.Deserialize<List<string>>(PublicKeysJson)!;
        set => PublicKeysJson = JsonSerializer.Serialize(value);
    }

    public Problem? Problem
    {
        get => ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(ProblemJson, WarrenJson.Options);
        set => ProblemJson = value is null ? null : JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    /// <summary>Moves to a state by the table; leaving what was running resets the readiness ladder.</summary>
    public void MoveTo(MachineState state)
    {
        State = MachineStates.Move(State, state);
        if (state is MachineState.Running or MachineState.Paused or MachineState.Unknown or MachineState.Stopping) return;
        Readiness = new Readiness();
        AddressesJson = "[]";
        ProcessId = null;
    }
}

/// <summary>Devices of a machine beyond memory, CPUs and the system disk.</summary>
internal sealed record MachineDevices
{
    public MachineFirmware Firmware { get; init; }
    public MachineVideo Video { get; init; }
    public bool Ephemeral { get; init; }
    public IReadOnlyList<DataDiskSpec> DataDisks { get; init; } = [];
    public string? Network { get; init; }
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
