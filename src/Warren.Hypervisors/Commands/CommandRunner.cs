using System.Diagnostics;
using System.Text;

namespace Warren.Hypervisors.Commands;

/// <summary>
/// The one place where processes start: argument list, C locale, both pipes drained, timeout, whole tree killed on
/// timeout or cancellation.
/// </summary>
public sealed partial class CommandRunner
{
    /// <summary>How much of each output stream is kept, in characters; older text is dropped first.</summary>
    public const int KeptCharacters = 1 << 20;

    private static readonly TimeSpan LongestDeath = TimeSpan.FromSeconds(10);

    /// <summary>Runs a command to its end.</summary>
    /// <returns>The result, whatever the exit code.</returns>
    /// <exception cref="HypervisorException">
    /// <see cref="HypervisorErrorKind.Unsupported"/> when the program is not installed,
    /// <see cref="HypervisorErrorKind.Unreachable"/> when it outlives its timeout.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the process tree is dead.</exception>
    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        using var process = new Process { StartInfo = Describe(command) };
        Start(process, command);
        using var timeout = new CancellationTokenSource(command.Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var output = DrainAsync(process.StandardOutput, command.OnOutputLine);
        var error = DrainAsync(process.StandardError, command.OnErrorLine);
        try
        {
            await WriteInputAsync(process, command.Input, either.Token);
            await process.WaitForExitAsync(either.Token);
            // A daemon that inherited the pipes would keep them open; its parent's exit is what counts.
            await Task.WhenAll(output, error).WaitAsync(either.Token);
            return new CommandResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process, command.Grace);
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable,
                $"{command.Program} did not finish within {command.Timeout.TotalSeconds:0} s");
        }
    }

    /// <summary>Runs a command and insists on exit code 0.</summary>
    /// <returns>Standard output.</returns>
    /// <exception cref="HypervisorException"><see cref="HypervisorErrorKind.Rejected"/> with the end of standard error.</exception>
    public async Task<string> RequireAsync(Command command, CancellationToken cancellation = default)
    {
        var result = await RunAsync(command, cancellation);
        if (result.ExitCode == 0) return result.Output;
        var said = (result.Error.Length > 0 ? result.Error : result.Output).Trim();
        throw new HypervisorException(HypervisorErrorKind.Rejected,
            $"{Path.GetFileName(command.Program)} ended with {result.ExitCode}: {(said.Length > 600 ? said[^600..] : said)}");
    }

    private static ProcessStartInfo Describe(Command command)
    {
        var info = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        info.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in command.Environment) info.Environment[name] = value;
        return info;
    }

    private static void Start(Process process, Command command)
    {
        try
        {
#pragma warning disable RS0030 // The one place.
            process.Start();
#pragma warning restore RS0030
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"{command.Program} cannot be started: {e.Message}", e);
        }
    }

    private static async Task WriteInputAsync(Process process, string? input, CancellationToken cancellation)
    {
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program closed its input early; its exit code tells the story.
        }
    }

    private static async Task<string> DrainAsync(StreamReader reader, Action<string>? onLine)
    {
        var kept = new StringBuilder();
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                onLine?.Invoke(line);
                kept.AppendLine(line);
                if (kept.Length > 2 * KeptCharacters) kept.Remove(0, kept.Length - KeptCharacters);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe broke because the tree was killed.
        }

        return kept.ToString();
    }

    private static async Task EndAsync(Process process, TimeSpan grace)
    {
        if (grace > TimeSpan.Zero && ProcessSignals.Terminate(process.Id))
        {
            using var patience = new CancellationTokenSource(grace);
            try
            {
                await process.WaitForExitAsync(patience.Token);
                return;
            }
            catch (OperationCanceledException)
            {
                // It had its time.
            }
        }

        KillTree(process);
        // A signal takes effect a moment later, and until then the dead still write; nobody waits for one that the kernel holds.
        using var limit = new CancellationTokenSource(LongestDeath);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void KillTree(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself.
        }
    }
}
