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
        i.Name, State(i.State), Cell.OrDash(i.Format), Figures.Bytes(i.SizeBytes), Figures.Bytes(i.VirtualSizeBytes), Verified(i.Verification), i.Source,
        Figures.Span(now - i.CreatedAt),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Image i) =>
    [
        ("name", i.Name),
        ("id", i.Id),
        ("state", State(i.State)),
        ("problem", i.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("format", Cell.OrNothing(i.Format)),
        ("size", Cell.OrNothing(i.SizeBytes is { } size ? Figures.Bytes(size) : null)),
        ("disk size", Cell.OrNothing(i.VirtualSizeBytes is { } disk ? Figures.Bytes(disk) : null)),
        ("sha256", Cell.OrNothing(i.Sha256)),
        ("verified", Verified(i.Verification)),
        ("source", i.Source),
        ("user", Cell.OrNothing(i.DefaultUser)),
        ("memory", Cell.OrNothing(Memory(i))),
        ("features", Cell.OrNothing(i.Features.Count > 0 ? string.Join(", ", i.Features) : null)),
        ("operation", Cell.OrNothing(i.Operation)),
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

    private static string? Memory(Image i) => (i.DefaultMemoryMiB, i.MinimumMemoryMiB) switch
    {
        ({ } usual, { } least) => $"{Figures.MiB(usual)}, at least {Figures.MiB(least)}",
        ({ } usual, null) => Figures.MiB(usual),
        (null, { } least) => $"at least {Figures.MiB(least)}",
        _ => null,
    };

    private static string Cost(CatalogueEntry e) => (e.DownloadBytes, e.BuildSeconds) switch
    {
        ({ } bytes, null) => $"{Figures.Bytes(bytes)} download",
        (null, { } seconds) => $"about {Figures.Span(TimeSpan.FromSeconds(seconds))} build",
        ({ } bytes, { } seconds) => $"{Figures.Bytes(bytes)}, about {Figures.Span(TimeSpan.FromSeconds(seconds))} build",
        _ => "-",
    };
}
