using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines;

namespace Warren.Server.Images.Golden;

/// <summary>A golden image. Its id is the one that its host knows its carrier or warm image by.</summary>
internal sealed class GoldenImageRow : IEventSource, IVersioned, IHosted
{
    public required string Id { get; set; }
    public required string Name { get; set; }

    /// <summary>Rises per name; the API calls it version, which is the ETag's word here.</summary>
    public int LineageVersion { get; set; }

    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public required string Host { get; set; }

    /// <summary>The machine it is made from, and what that was called; it may be gone.</summary>
    public required string MachineId { get; set; }

    public required string MachineName { get; set; }

    /// <summary>The golden image that the machine came from.</summary>
    public string? ParentId { get; set; }

    public GoldenImageKind Kind { get; set; }
    public GoldenImageState State { get; private set; } = GoldenImageState.Building;
    public string? Description { get; set; }
    public string? Prepare { get; set; }
    public bool MarkReadyByHand { get; set; }
    public string? ProblemJson { get; set; }

    /// <summary>What follows is the machine's when it was frozen; machines made from this have the same.</summary>
    public required string ImageName { get; set; }

    public string? ImageId { get; set; }
    public bool WithoutImage { get; set; }
    public int MemoryMib { get; set; }
    public int Cpus { get; set; }
    public int DiskGib { get; set; }
    public required string DevicesJson { get; set; }
    public required string PublicKeysJson { get; set; }

    public int MachinesMade { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? ReadyAt { get; set; }
    public int Version { get; set; }

    string IEventSource.EventSubject => "golden-image";

    /// <summary>Names exactly one: <c>NAME@VERSION</c>.</summary>
    public string Reference => $"{Name}@{LineageVersion}";

    public Problem? Problem
    {
        get => ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(ProblemJson, WarrenJson.Options);
        set => ProblemJson = value is null ? null : JsonSerializer.Serialize(value, WarrenJson.Options);
    }

    /// <summary>Moves to a state by the table.</summary>
    public void MoveTo(GoldenImageState state) => State = GoldenImageStates.Move(State, state);

    /// <summary>Takes over what machines made from this will have.</summary>
    public void Take(MachineRow machine)
    {
        (ImageName, ImageId, WithoutImage) = (machine.ImageName, machine.ImageId, machine.WithoutImage);
        (MemoryMib, Cpus, DiskGib) = (machine.MemoryMib, machine.Cpus, machine.DiskGib);
        (DevicesJson, PublicKeysJson, ParentId) = (machine.DevicesJson, machine.PublicKeysJson, machine.GoldenImageId);
    }

    /// <summary>Devices of the machine that it was made from.</summary>
    public MachineDevices Devices => JsonSerializer.Deserialize<MachineDevices>(DevicesJson, WarrenJson.Options)!;

    /// <summary>Resources and devices of the machines made from it.</summary>
    public MachineSpec ToSpec()
    {
        var devices = Devices;
        return new MachineSpec
        {
            MemoryMiB = MemoryMib,
            Cpus = Cpus,
            DiskGiB = DiskGib,
            Firmware = devices.Firmware,
            Video = devices.Video,
            Ephemeral = devices.Ephemeral,
            DataDisks = devices.DataDisks,
            Network = devices.Network,
            NetworkMode = devices.NetworkMode,
            Egress = devices.Egress,
            NetworkMbps = devices.NetworkMbps,
            DiskMiBps = devices.DiskMiBps,
            DiskIops = devices.DiskIops,
            Options = devices.Options,
        };
    }
}
