using System.Collections.Concurrent;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Running;

/// <summary>A command of <c>warren</c> that goes on until it is ended.</summary>
internal sealed class WarrenInBackground : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly Task<CommandResult> _run;

    public WarrenInBackground(string data, params string[] arguments) => _run = new CommandRunner().RunAsync(
        new Command("dotnet", [Clone.CommandLine, .. arguments])
        {
            Timeout = TimeSpan.FromMinutes(20),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["WARREN_DATA"] = data, ["WARREN_URL"] = "", ["WARREN_TOKEN"] = "" },
            OnOutputLine = _said.Enqueue,
        }, _end.Token);

    /// <summary>The first line of its output.</summary>
    public async Task<string> FirstLineAsync()
    {
        await Eventually.TrueAsync("it says something", async () => !_said.IsEmpty || _run.IsCompleted && (await _run).ExitCode >= 0);
        return _said.TryPeek(out var line) ? line : throw new ShouldAssertException("it ended: " + (await _run).Error);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await ((Task)_run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }
}
