using System.Diagnostics;

namespace Warren.Hypervisors.Commands;

public sealed partial class CommandRunner
{
    /// <summary>Runs a command that turns bytes into others, as they come.</summary>
    /// <param name="command">The command; its <see cref="Command.Input"/> is not used.</param>
    /// <param name="feed">Writes to its standard input, which is then closed. A program that reads no more ends this without an error.</param>
    /// <param name="output">Takes its standard output.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <returns>The result without the output, whatever the exit code.</returns>
    /// <exception cref="HypervisorException">As <see cref="RunAsync"/>.</exception>
    /// <exception cref="IOException">The output takes no more; the process tree is dead.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the process tree is dead.</exception>
    public async Task<CommandResult> PipeAsync(Command command, Func<Stream, CancellationToken, Task> feed, Stream output, CancellationToken cancellation = default)
    {
        using var process = new Process { StartInfo = Describe(command) };
        Start(process, command);
        using var timeout = new CancellationTokenSource(command.Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var error = DrainAsync(process.StandardError, command.OnErrorLine);
        var feeding = FeedAsync(process.StandardInput.BaseStream, feed, either.Token);
        try
        {
            var taking = process.StandardOutput.BaseStream.CopyToAsync(output, either.Token);
            await foreach (var done in Task.WhenEach(feeding, taking)) await done;
            await process.WaitForExitAsync(either.Token);
            return new CommandResult(process.ExitCode, "", await error.WaitAsync(either.Token));
        }
        catch (Exception e)
        {
            await either.CancelAsync();
            await EndAsync(process, command.Grace);
            // What feeds it may hold things that are the caller's.
            await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (e is not OperationCanceledException) throw;
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"{command.Program} did not finish within {command.Timeout.TotalSeconds:0} s");
        }
    }

    private static async Task FeedAsync(Stream input, Func<Stream, CancellationToken, Task> feed, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            await feed(input, cancellation);
            await input.FlushAsync(cancellation);
            input.Close();
        }
        catch (IOException)
        {
            // The program closed its input early; its exit code tells the story.
        }
    }
}
