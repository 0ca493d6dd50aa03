using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Warren.Cli;

/// <summary>What a run sees of the world: writers, variables, clock and the token that Ctrl-C cancels. Tests bring their own.</summary>
internal sealed record Surroundings
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Standard output as bytes, for logs.</summary>
    public required Func<Stream> OpenOut { get; init; }

    /// <summary>Standard output as bytes for a program that may go away: unlike the console's stream it says so when nobody reads any more.</summary>
    public Func<Stream>? OpenOutPipe { get; init; }

    /// <summary>Standard input, opened only when needed (see <see cref="Writer"/>).</summary>
    public required Func<TextReader> OpenIn { get; init; }

    /// <summary>Standard input as bytes, the terminal's own where it is one.</summary>
    public Func<Stream> OpenInBytes { get; init; } = static () => Stream.Null;

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public required TimeProvider Time { get; init; }

    public CancellationToken Interrupted { get; init; }

    /// <summary>What starts this program: itself, or dotnet with its library.</summary>
    public IReadOnlyList<string> Self { get; init; } = ["warren"];

    /// <summary>The user's home folder.</summary>
    public required string Home { get; init; }

    public static Surroundings OfThisProcess(CancellationToken interrupted)
    {
        var dumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        return new Surroundings
        {
            Out = Writer(Console.OpenStandardOutput()),
            Error = Writer(Console.OpenStandardError()),
            OpenOut = Console.OpenStandardOutput,
            OpenOutPipe = OpenPipe,
            OpenIn = static () => Console.In,
            OpenInBytes = OpenKeys,
            InIsTerminal = !Console.IsInputRedirected,
            OutIsTerminal = !Console.IsOutputRedirected && !dumb,
            ErrorIsTerminal = !Console.IsErrorRedirected && !dumb,
            Variable = Environment.GetEnvironmentVariable,
            Time = TimeProvider.System,
            Interrupted = interrupted,
            Self = Path.GetFileNameWithoutExtension(Environment.ProcessPath) is "dotnet" ? [Environment.ProcessPath!, typeof(Surroundings).Assembly.Location] : [Environment.ProcessPath ?? "warren"],
            Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        };
    }

    /// <summary>
    /// Instead of <see cref="Console.Out"/>, which switches a terminal into application cursor keys as soon as it is touched
    /// and would leave ssh with arrow keys that some shells do not know.
    /// </summary>
    private static TextWriter Writer(Stream stream) => TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true });

    /// <summary>A file is left to the console's stream: this one would write at a place of its own, and not where others go on.</summary>
    private static Stream OpenPipe()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }

    /// <summary>Not <see cref="Console.OpenStandardInput()"/> on a terminal: that reads whole lines, and a console needs each key.</summary>
    private static Stream OpenKeys() => Console.IsInputRedirected || OperatingSystem.IsWindows()
        ? Console.OpenStandardInput()
        : new FileStream("/dev/tty", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>A variable's value, or null when it is unset or empty.</summary>
    public string? Setting(string name) => Variable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The CLI's own folder: <c>$XDG_CONFIG_HOME/warren</c>, else <c>~/.config/warren</c>.</summary>
    public string ConfigFolder => Path.Combine(Setting("XDG_CONFIG_HOME") ?? Path.Combine(Home, ".config"), "warren");

    /// <summary>The server's data folder on this machine: <c>$WARREN_DATA</c>, else <c>$XDG_DATA_HOME/warren</c>, else <c>~/.local/share/warren</c>.</summary>
    public string DataFolder => Setting("WARREN_DATA")
        ?? Path.Combine(Setting("XDG_DATA_HOME") ?? Path.Combine(Home, ".local", "share"), "warren");
}
