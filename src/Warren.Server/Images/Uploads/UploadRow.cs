using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Images.Workflows;

namespace Warren.Server.Images.Uploads;

/// <summary>A file that is being sent. The file's own size says how much of it is here, so that a kill at any moment loses nothing.</summary>
internal sealed class UploadRow : IOwned
{
    /// <summary>An upload to which nothing was added for this long is given up, and a finished one no longer told of.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <summary>How long room is kept for what is not sent: who only says that much will come keeps it from others no longer.</summary>
    public static readonly TimeSpan Reserved = TimeSpan.FromMinutes(15);

    public required string Id { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public required string Name { get; set; }
    public string? FileName { get; set; }
    public long Length { get; set; }
    public required string NotesJson { get; set; }
    public string? DefaultUser { get; set; }
    public string? OperationId { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }

    public ImportNotes Notes => JsonSerializer.Deserialize<ImportNotes>(NotesJson, WarrenJson.Options)!;

    /// <summary>Bytes that are here.</summary>
    public long Offset(ImageStore store)
    {
        if (OperationId is not null) return Length;
        var file = new FileInfo(store.UploadFile(Id));
        return file.Exists ? Math.Min(file.Length, Length) : 0;
    }

    public Upload View(ImageStore store)
    {
        var notes = Notes;
        return new Upload(Id, Name, FileName, Length, Offset(store), CreatedAt, UpdatedAt + Life, OperationId)
        {
            Checksum = notes.Checksum,
            Format = notes.Format,
            DefaultUser = DefaultUser,
            Insecure = notes.Insecure,
        };
    }
}
