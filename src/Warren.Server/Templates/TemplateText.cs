using Warren.Contracts;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates;

/// <summary>A template as its text says, judged and ready to be rendered.</summary>
internal sealed record TemplateText
{
    public required string Name { get; init; }
    public string? Description { get; init; }
    public string? Image { get; init; }
    public string? GoldenImage { get; init; }
    public required TemplateContent Content { get; init; }

    /// <summary>The cloud-config, placeholders and all; null when there is none or a script stands in its place.</summary>
    public YamlMappingNode? CloudConfig { get; init; }

    /// <summary>A script as user-data.</summary>
    public string? Script { get; init; }

    public IReadOnlyList<ProvisionStep> Steps { get; init; } = [];
}

/// <summary>A step of a template's provisioning: a shell script, or a file.</summary>
internal sealed record ProvisionStep(string Name, string Content)
{
    /// <summary>Where the file is written; null for a script.</summary>
    public string? Path { get; init; }

    /// <summary>The file's mode, in octal digits.</summary>
    public string? Mode { get; init; }
}
