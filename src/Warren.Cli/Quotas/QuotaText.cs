using System.Globalization;
using Warren.Cli.Arguments;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Quotas;

/// <summary>Limits as people read and write them.</summary>
internal static class QuotaText
{
    private static readonly (string What, Func<Contracts.Quotas, long?> Limit, Func<QuotaUse, long> Used, Func<long, string> Write)[] s_fields =
    [
        ("machines", q => q.Machines, u => u.Machines, Plain),
        ("running machines", q => q.RunningMachines, u => u.RunningMachines, Plain),
        ("CPUs", q => q.Cpus, u => u.Cpus, Plain),
        ("memory", q => q.MemoryMiB, u => u.MemoryMiB, Figures.MiB),
        ("disks", q => q.DiskGiB, u => u.DiskGiB, Figures.GiB),
        ("snapshots", q => q.Snapshots, u => u.Snapshots, Plain),
        ("images", q => q.ImageBytes, u => u.ImageBytes, Figures.Bytes),
    ];

    /// <summary>What two of them have and may have, side by side.</summary>
    public static string Table(QuotaStanding one, string first, QuotaStanding other, string second, bool colour) => Terminal.Table.Rows(["OF", first.ToUpperInvariant(), second.ToUpperInvariant()],
        [.. s_fields.Select(f => (IReadOnlyList<Cell>)[f.What, Standing(one, f.Limit, f.Used, f.Write), Standing(other, f.Limit, f.Used, f.Write)])], colour);

    /// <summary>What one has, may have, and whether an administrator has said so.</summary>
    public static string Table(QuotaStanding standing, bool colour) => Terminal.Table.Rows(["OF", "HAS", "MAY HAVE", "SET"],
    [
        .. s_fields.Select(f => (IReadOnlyList<Cell>)
        [
            f.What, f.Write(f.Used(standing.Used)), f.Limit(standing.Limits) is { } limit ? f.Write(limit) : "no limit",
            f.Limit(standing.Set) switch { null => new Cell("default", Ink.Faint), Contracts.Quotas.Unlimited => "no limit", { } set => f.Write(set) },
        ]),
        ["one running machine", "", standing.Limits.OneRunningMachine == true ? "yes" : "no", standing.Set.OneRunningMachine switch { null => new Cell("default", Ink.Faint), true => "yes", false => "no" }],
    ], colour);

    /// <summary>A number, <c>none</c> for no limit, or <c>default</c>; what is there stays when nothing was written.</summary>
    public static long? Number(string? text, string field, long? there) => Read(text, there, value =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Refusal.Invalid(field, $"'{value}' is not a number: write 3, none or default"));

    /// <inheritdoc cref="Number"/>
    public static long? MiB(string? text, string field, long? there) => Read(text, there, value => value == "0" ? 0 : Sizes.MemoryMiB(value, field));

    /// <inheritdoc cref="Number"/>
    public static long? GiB(string? text, string field, long? there) => Read(text, there, value => value == "0" ? 0 : Sizes.DiskGiB(value, field));

    /// <inheritdoc cref="Number"/>
    public static long? BytesOfGiB(string? text, string field, long? there) => Read(text, there, value => value == "0" ? 0 : (long)Sizes.DiskGiB(value, field) << 30);

    private static long? Read(string? text, long? there, Func<string, long> parse) => text switch
    {
        null => there,
        "default" => null,
        "none" => Contracts.Quotas.Unlimited,
        _ => parse(text),
    };

    private static Cell Standing(QuotaStanding standing, Func<Contracts.Quotas, long?> limit, Func<QuotaUse, long> used, Func<long, string> write)
    {
        var (has, most) = (used(standing.Used), limit(standing.Limits));
        return most is null ? write(has) : new Cell($"{write(has)} of {write(most.Value)}", has >= most ? Ink.Bad : Ink.Plain);
    }

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);
}
