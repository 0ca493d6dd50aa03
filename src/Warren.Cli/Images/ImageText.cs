using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Images;

/// <summary>Images and catalogue entries as people read them.</summary>
internal static class ImageText
{
    public static readonly string[] Headings = ["NAME", "STATE", "FORMAT", "SIZE", "DISK", "VERIFIED", "SOURCE", "AGE"];

    public static readonly string[] CatalogueHeadings = ["NAME", "TITLE", "KIND", "MEMORY", "DISK", "COST", "IN STORE"];

    public static IReadOnlyList<Cell> Row(Image i, DateTimeOffset now) =>
    [
        i.Name, State(i.State), i.Format, Figures.Bytes(i.SizeBytes), Figures.Bytes(i.VirtualSizeBytes), Verified(i.Verification), i.Source,
        Figures.Span(now - i.CreatedAt),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Image i) =>
    [
        ("name", i.Name),
        ("id", i.Id),
        ("state", State(i.State)),
        ("problem", i.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("format", Known(i.Format)),
        ("size", i.SizeBytes is { } size ? (Cell)Figures.Bytes(size) : (Cell?)null),
        ("disk size", i.VirtualSizeBytes is { } disk ? (Cell)Figures.Bytes(disk) : (Cell?)null),
        ("sha256", Known(i.Sha256)),
        ("verified", Verified(i.Verification)),
        ("source", i.Source),
        ("user", Known(i.DefaultUser)),
        ("memory", Memory(i)),
        ("features", i.Features.Count > 0 ? (Cell)string.Join(", ", i.Features) : (Cell?)null),
        ("operation", Known(i.Operation)),
        ("owner", $"{i.Owner}, project {i.Project}"),
        ("created", Figures.Time(i.CreatedAt)),
    ];

    public static IReadOnlyList<Cell> CatalogueRow(CatalogueEntry e) =>
        [e.Name, e.Title, e.Kind, Figures.MiB(e.DefaultMemoryMiB), Figures.GiB(e.MinimumDiskGiB), Cost(e), e.ImageId is null ? "-" : new Cell("yes", Ink.Good)];

    private static Cell State(ImageState state) => new(Words.Of(state), state switch
    {
        ImageState.Ready => Ink.Good,
        ImageState.Failed => Ink.Bad,
        _ => Ink.Busy,
    });

    private static Cell Verified(ImageVerification v) => v switch
    {
        { Insecure: true } => new Cell("no", Ink.Bad),
        { Checksum: "built-here" } => "built here",
        { Signature: "good" } => new Cell("signature", Ink.Good),
        { Checksum: "none" } => "-",
        _ => $"checksum {v.Checksum}",
    };

    private static Cell? Memory(Image i) => (i.DefaultMemoryMiB, i.MinimumMemoryMiB) switch
    {
        ({ } usual, { } least) => $"{Figures.MiB(usual)}, at least {Figures.MiB(least)}",
        ({ } usual, null) => Figures.MiB(usual),
        (null, { } least) => $"at least {Figures.MiB(least)}",
        _ => null,
    };

    private static Cell? Known(string? text) => text is null ? (Cell?)null : text;

    private static string Cost(CatalogueEntry e) => (e.DownloadBytes, e.BuildSeconds) switch
    {
        ({ } bytes, null) => $"{Figures.Bytes(bytes)} download",
        (null, { } seconds) => $"about {Figures.Span(TimeSpan.FromSeconds(seconds))} build",
        ({ } bytes, { } seconds) => $"{Figures.Bytes(bytes)}, about {Figures.Span(TimeSpan.FromSeconds(seconds))} build",
        _ => "-",
    };
}
