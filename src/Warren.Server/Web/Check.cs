using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>Collects broken rules so that a caller hears of all of them at once.</summary>
internal sealed class Check
{
    /// <summary>In characters.</summary>
    public const int LongestDescription = 1000;

    private readonly Dictionary<string, List<string>> _errors = new(StringComparer.Ordinal);

    public void That(bool holds, string field, string rule)
    {
        if (holds) return;
        if (!_errors.TryGetValue(field, out var rules)) _errors[field] = rules = [];
        rules.Add(rule);
    }

    public void InRange(int? value, IntRange range, string field, string unit)
        => That(value is null || (value >= range.Minimum && value <= range.Maximum), field, $"{range.Minimum} to {range.Maximum} {unit}".TrimEnd());

    /// <summary>A text that people wrote to remember what something is.</summary>
    public void Description(string? value) => That(value is null || value.Length <= LongestDescription, "description", $"at most {LongestDescription} characters");

    /// <exception cref="RefusedException">Some rule is broken.</exception>
    public void Throw()
    {
        if (_errors.Count > 0)
            throw new RefusedException(Problems.Validation(_errors.ToDictionary(e => e.Key, e => e.Value.ToArray(), StringComparer.Ordinal)));
    }
}
