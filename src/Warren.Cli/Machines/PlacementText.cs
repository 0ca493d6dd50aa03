using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>Where a machine would go, as people read it.</summary>
internal static class PlacementText
{
    private static readonly string[] s_headings = ["HOST", "TAKES IT", "WHY"];

    /// <returns>The exit code: 6 when no host takes it.</returns>
    public static int Write(Screen screen, Placement placement)
    {
        if (screen.Json) screen.WriteJson(placement);
        else screen.Write(Table.Rows(s_headings, [.. placement.Hosts.Select(h => Row(h, placement))], screen.Colour));
        return placement.Host is null ? ExitCode.Conflict : ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(HostVerdict verdict, Placement placement) => verdict.Host == placement.Host
        ? [verdict.Host, new Cell("chosen", Ink.Good), placement.Why ?? ""]
        : [verdict.Host, verdict.Fits ? "yes" : new Cell("no", Ink.Bad), string.Join("; ", verdict.Reasons)];
}
