namespace Warren.Cli.Arguments;

/// <summary>Options written as <c>name=value</c>.</summary>
internal static class Pairs
{
    /// <param name="option">The option as the user types it, for refusals.</param>
    /// <param name="texts">What was typed, once per pair.</param>
    public static Dictionary<string, string> Parse(string option, IEnumerable<string>? texts)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts ?? [])
        {
            var sign = text.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0) throw Refusal.Invalid(option, $"'{text}' is not a pair: write NAME=VALUE");
            if (!pairs.TryAdd(text[..sign], text[(sign + 1)..])) throw Refusal.Invalid(option, $"'{text[..sign]}' is stated twice");
        }

        return pairs;
    }

    /// <summary>Pairs of a change: one without a value takes it away.</summary>
    public static Dictionary<string, string?> ParseChange(string option, IEnumerable<string>? texts)
        => Parse(option, texts).ToDictionary(p => p.Key, p => p.Value.Length == 0 ? null : p.Value, StringComparer.Ordinal);

    /// <summary>
    /// Secrets: <c>name=FILE</c> or <c>name=-</c> for standard input. Never the secret itself: what stands on a command line
    /// is seen by everybody on the machine and kept by the shell.
    /// </summary>
    public static async Task<Dictionary<string, string>> ReadSecretsAsync(Invocation call, IEnumerable<string>? texts, CancellationToken cancellation)
    {
        var secrets = Parse("--secret", texts);
        if (secrets.Values.Count(v => v == "-") > 1) throw Refusal.Invalid("--secret", "only one can come from standard input");
        foreach (var (name, from) in secrets.Where(s => s.Value.Length > 0).ToList())
        {
            var text = from == "-" ? await call.Around.OpenIn().ReadToEndAsync(cancellation)
                : File.Exists(from) ? await File.ReadAllTextAsync(from, cancellation)
                : throw Refusal.Invalid("--secret", $"there is no file {from}; write {name}=FILE, or {name}=- for standard input, never the secret itself");
            secrets[name] = text.TrimEnd('\r', '\n');
            if (secrets[name].Length == 0) throw Refusal.Invalid("--secret", $"what was read for {name} is empty");
        }

        return secrets;
    }
}
