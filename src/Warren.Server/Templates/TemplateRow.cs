using Warren.Server.Database;

namespace Warren.Server.Templates;

/// <summary>A template that somebody saved. What a list shows of its newest version is kept here too.</summary>
internal sealed class TemplateRow : IEventSource, IVersioned
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>Number of the newest version.</summary>
    public int Latest { get; set; }

    public string? Description { get; set; }
    public string? Image { get; set; }
    public string? GoldenImage { get; set; }

    /// <summary>When the newest version was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    public int Version { get; set; }

    string IEventSource.EventSubject => "template";

    /// <summary>As its text says.</summary>
    public void Describe(TemplateText text) => (Description, Image, GoldenImage) = (text.Description, text.Image, text.GoldenImage);
}

/// <summary>One version of a template: its exact text. Versions are never changed.</summary>
internal sealed class TemplateVersionRow
{
    public required string TemplateId { get; set; }
    public int Number { get; set; }
    public required string Yaml { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}
