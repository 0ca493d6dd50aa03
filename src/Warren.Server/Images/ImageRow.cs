using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Images;

/// <summary>An image: its row is there before its content.</summary>
internal sealed class ImageRow : IEventSource, IVersioned
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public ImageState State { get; set; }
    public string? Sha256 { get; set; }
    public string? Format { get; set; }
    public long? SizeBytes { get; set; }
    public long? VirtualSizeBytes { get; set; }

    /// <summary>A URL, <c>recipe:NAME</c>, <c>catalogue:NAME</c>, <c>upload</c> or a path.</summary>
    public required string Source { get; set; }

    public string ChecksumStatus { get; set; } = "none";
    public string SignatureStatus { get; set; } = "not-checked";
    public bool Insecure { get; set; }
    public string? DefaultUser { get; set; }
    public int? MinimumMemoryMib { get; set; }
    public int? DefaultMemoryMib { get; set; }

    /// <summary>Words separated by spaces.</summary>
    public string Features { get; set; } = "";

    public string? ProblemJson { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public int Version { get; set; }

    string IEventSource.EventSubject => "image";

    public bool Has(string feature) => Features.Split(' ').Contains(feature);

    public Problem? Problem => ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(ProblemJson, WarrenJson.Options);
}
