namespace Warren.Hypervisors.Commands;

/// <summary>
/// One run of an outside program. Arguments are a list and never pass through a shell; secrets travel in
/// <see cref="Input"/> or in a file, never in <see cref="Arguments"/>, because every user of the machine can read those.
/// </summary>
/// <param name="Program">File name looked up in PATH, or an absolute path.</param>
/// <param name="Arguments">Arguments, one element each.</param>
public sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>Creates a command from a program and its arguments.</summary>
    public Command(string program, params string[] arguments) : this(program, (IReadOnlyList<string>)arguments) { }

    /// <summary>After this long the whole process tree is killed and the run fails with <see cref="HypervisorErrorKind.Unreachable"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// On timeout or cancellation the program is asked to end (SIGTERM) and given this long to clean up before the tree is killed; zero kills at once.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.Zero;

    /// <summary>Text written to standard input, which is then closed.</summary>
    public string? Input { get; init; }

    /// <summary>Folder to run in; the server's own when null.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Variables added to the environment. The C locale is always set.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Called for each line of standard output as it arrives, for tools that report progress.</summary>
    public Action<string>? OnOutputLine { get; init; }

    /// <summary>Called for each line of standard error as it arrives.</summary>
    public Action<string>? OnErrorLine { get; init; }

    /// <summary>Program and arguments, for messages. Safe to log: commands hold no secrets.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Program));
}

/// <summary>What a finished program left behind.</summary>
/// <param name="ExitCode">The program's exit code; 0 means success for every tool used here.</param>
/// <param name="Output">Standard output, at most <see cref="CommandRunner.KeptCharacters"/> characters, the newest ones.</param>
/// <param name="Error">Standard error, bounded likewise.</param>
public sealed record CommandResult(int ExitCode, string Output, string Error);
