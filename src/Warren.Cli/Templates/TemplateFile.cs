using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Templates;

/// <summary>A template on this machine: a file, or standard input.</summary>
internal static class TemplateFile
{
    private const int MostBytes = 1 << 20;

    public static async Task<string> ReadAsync(Invocation call, string path, CancellationToken cancellation)
    {
        if (path == "-") return await call.Around.OpenIn().ReadToEndAsync(cancellation);
        var file = new FileInfo(path);
        if (!file.Exists) throw Refusal.Invalid("FILE", $"there is no file {path}");
        if (file.Length > MostBytes) throw Refusal.Invalid("FILE", $"{path} is too large for a template");
        return await File.ReadAllTextAsync(path, cancellation);
    }

    /// <summary>Names a file's mistakes, one a line; programs get the server's own answer.</summary>
    public static void Report(Invocation call, string path, IReadOnlyList<TextMistake> mistakes)
    {
        foreach (var mistake in mistakes)
            call.Screen.Error.WriteLine(new Cell(TemplateText.Mistake(path == "-" ? "<stdin>" : path, mistake), Ink.Bad).Render(call.Screen.ErrorColour));
    }
}
