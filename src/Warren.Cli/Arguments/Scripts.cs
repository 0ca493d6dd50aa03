namespace Warren.Cli.Arguments;

/// <summary>Texts that are named by file, or come in on standard input.</summary>
internal static class Scripts
{
    /// <exception cref="Contracts.WarrenException">There is no such file.</exception>
    public static async Task<string?> ReadAsync(Invocation call, string option, string? path, CancellationToken cancellation) => path switch
    {
        null => null,
        "-" => await call.Around.OpenIn().ReadToEndAsync(cancellation),
        _ when File.Exists(path) => await File.ReadAllTextAsync(path, cancellation),
        _ => throw Refusal.Invalid(option, $"there is no file {path}"),
    };
}
