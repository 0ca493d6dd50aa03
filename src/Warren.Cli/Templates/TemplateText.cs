using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Templates;

/// <summary>Templates as people read them.</summary>
internal static class TemplateText
{
    public static readonly string[] Headings = ["NAME", "VERSION", "IMAGE", "OWNER", "DESCRIPTION"];

    private const int LongestDescription = 70;

    public static IReadOnlyList<Cell> Row(Template t) =>
        [t.Name, $"{t.Version}", t.Image ?? t.GoldenImage ?? "-", t.Builtin ? new Cell("built in", Ink.Faint) : Cell.OrDash(t.Owner), Short(t.Description)];

    public static IReadOnlyList<(string, Cell?)> Properties(Template t)
    {
        var content = t.Content ?? new TemplateContent();
        return
        [
            ("name", t.Name),
            ("version", $"{t.Version}"),
            ("description", Cell.OrNothing(t.Description)),
            ("image", Cell.OrNothing(t.Image)),
            ("golden image", Cell.OrNothing(t.GoldenImage)),
            ("machine name", Cell.OrNothing(content.MachineName)),
            ("memory", Cell.OrNothing(content.MemoryMiB is { } memory ? Figures.MiB(memory) : null)),
            ("cpus", Cell.OrNothing(content.Cpus is { } cpus ? $"{cpus}" : null)),
            ("disk", Cell.OrNothing(content.DiskGiB is { } disk ? Figures.GiB(disk) : null)),
            .. content.DataDisks.Select(d => ("data disk", (Cell?)(d.Path ?? Figures.GiB(d.SizeGiB ?? 0)))),
            ("firmware", Cell.OrNothing(content.Firmware is { } firmware ? Words.Of(firmware) : null)),
            ("video", Cell.OrNothing(content.Video is { } video ? Words.Of(video) : null)),
            ("network", Cell.OrNothing(content.Network)),
            ("network mode", Cell.OrNothing(content.NetworkMode is { } mode ? Words.Of(mode) : null)),
            .. content.Egress.Select(e => ("reaches only", (Cell?)e)),
            ("bandwidth", Cell.OrNothing(content.NetworkMbps is { } mbps ? $"{mbps} Mbit/s in each direction" : null)),
            ("disk limit", Cell.OrNothing(Machines.MachineText.DiskLimit(content.DiskMiBps, content.DiskIops))),
            .. content.Forwards.Select(f => ("forward", (Cell?)$"{f.Protocol} {(f.HostPort is { } port ? $"{port}:" : "")}{f.GuestPort}")),
            ("keys", Cell.OrNothing(content.Keys.Count > 0 ? string.Join(", ", content.Keys) : null)),
            .. content.HostLabels.Select(l => ("host label", (Cell?)$"{l.Key}={l.Value}")),
            ("requires", Cell.OrNothing(content.Requires.Count > 0 ? string.Join(", ", content.Requires) : null)),
            .. content.Provision.Select(s => ("step", (Cell?)(s.File is null ? s.Name : $"{s.Name} ({s.File})"))),
            ("pool", Cell.OrNothing(content.Pool is { } pool ? Spares(pool) : null)),
            ("recording", Cell.OrNothing(content.Recording is RecordingPolicy.Off ? null : Words.Of(content.Recording))),
            ("deleted after", Cell.OrNothing(content.TtlSeconds is { } ttl ? Figures.Span(TimeSpan.FromSeconds(ttl)) : null)),
            ("owner", t.Builtin ? "built in" : $"{t.Owner}, project {t.Project}"),
            ("created", Cell.OrNothing(t.CreatedAt is { } created ? Figures.Time(created) : null)),
        ];
    }

    /// <summary>As compilers say it, so that editors can jump there.</summary>
    public static string Mistake(string file, TextMistake m) => $"{file}:{m.Line}:{m.Column}: {(m.Field.Length == 0 ? "" : m.Field + ": ")}{m.Rule}";

    private static string Spares(TemplatePool p) => string.Join(", ", new[]
    {
        $"{p.Target} spares",
        p.Min is { } min ? $"alert below {min}" : null,
        p.Max is { } max ? $"at most {max} machines" : null,
        p.MaxAgeSeconds is { } age ? $"replaced after {Figures.Span(TimeSpan.FromSeconds(age))}" : null,
        p.Kind,
    }.OfType<string>());

    private static string Short(string? text) => text is null ? "-" : text.Length <= LongestDescription ? text : text[..(LongestDescription - 1)] + "…";
}
