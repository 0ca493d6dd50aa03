using System.Globalization;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>
/// As much of a shell as tests of scripts need: <c>echo WORDS</c>, <c>echo WORDS > FILE</c>, <c>echo WORDS >> FILE</c> and
/// <c>exit N</c>, a line each. Comments are skipped; any other line ends it with 127, as an unknown program does.
/// </summary>
internal sealed class FakeShell(Dictionary<string, byte[]> files)
{
    internal GuestExecResult Run(string script)
    {
        var output = new StringBuilder();
        foreach (var line in script.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#') continue;
            if (line.StartsWith("exit ", StringComparison.Ordinal) && int.TryParse(line[5..], CultureInfo.InvariantCulture, out var code)) return End(code, output);
            if (!line.StartsWith("echo ", StringComparison.Ordinal))
            {
                output.Append(CultureInfo.InvariantCulture, $"sh: {line.Split(' ')[0]}: not found\n");
                return End(127, output);
            }

            Echo(line[5..], output);
        }

        return End(0, output);
    }

    private void Echo(string words, StringBuilder output)
    {
        var at = words.IndexOf('>', StringComparison.Ordinal);
        var text = (at < 0 ? words : words[..at]).Trim() + "\n";
        if (at < 0)
        {
            output.Append(text);
            return;
        }

        var append = words.AsSpan(at).StartsWith(">>");
        var path = words[at..].TrimStart('>').Trim();
        files[path] = [.. append ? files.GetValueOrDefault(path, []) : [], .. Encoding.UTF8.GetBytes(text)];
    }

    private static GuestExecResult End(int code, StringBuilder output) => new(code, Encoding.UTF8.GetBytes(output.ToString()), [], false);
}
