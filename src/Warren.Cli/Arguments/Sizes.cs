using System.Globalization;

namespace Warren.Cli.Arguments;

/// <summary>Sizes as people write them: <c>512M</c>, <c>1G</c>, <c>1.5G</c>, or a bare number in the option's own unit. Units are binary.</summary>
internal static class Sizes
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;

    /// <summary>Memory; a bare number is MiB.</summary>
    public static int MemoryMiB(string text, string field = "--memory")
        => Whole(text, field, MiB, "MiB", "write 512M, 1G or a number of MiB");

    /// <summary>A disk; a bare number is GiB.</summary>
    public static int DiskGiB(string text, string field = "--disk")
        => Whole(text, field, GiB, "GiB", "write 10G or a number of GiB");

    /// <summary>Whether a text is meant as a size and not as a path.</summary>
    public static bool LooksLikeSize(string text) => TryBytes(text, GiB, out _);

    private static int Whole(string text, string field, long unit, string unitName, string remedy)
    {
        if (!TryBytes(text, unit, out var bytes)) throw Refusal.Invalid(field, $"'{text}' is not a size: {remedy}");
        if (bytes <= 0 || bytes % unit != 0) throw Refusal.Invalid(field, $"'{text}' must be a whole number of {unitName} above 0");
        return bytes / unit <= int.MaxValue ? (int)(bytes / unit) : throw Refusal.Invalid(field, $"'{text}' is too large");
    }

    private static bool TryBytes(string text, long bareUnit, out decimal bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().Trim();
        var split = digits.Length;
        while (split > 0 && char.IsAsciiLetter(digits[split - 1])) split--;
        decimal? unit = digits[split..].ToString().ToUpperInvariant() switch
        {
            "" => bareUnit,
            "M" or "MB" or "MIB" => MiB,
            "G" or "GB" or "GIB" => GiB,
            "T" or "TB" or "TIB" => GiB * 1024,
            _ => null,
        };
        if (unit is null || !decimal.TryParse(digits[..split].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return false;
        // Far above anything a machine has, and far below decimal's end.
        if (value > 1_000_000_000_000) return false;
        bytes = value * unit.Value;
        return true;
    }
}
