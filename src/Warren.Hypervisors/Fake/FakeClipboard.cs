using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>The clipboard of an imitated guest is its file <c>/run/clipboard</c>: what is written there has been copied.</summary>
internal sealed class FakeClipboard(FakeHypervisor host) : IClipboard
{
    /// <summary>The file.</summary>
    private const string Path = "/run/clipboard";

    /// <inheritdoc/>
    public async Task<ISharedClipboard> OpenAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return new Shared(host, await host.RunAsync("OpenClipboard", machineId, state => state.RequireRunning(machineId), cancellation));
    }

    /// <summary>The machine, with a text on its clipboard.</summary>
    internal static FakeMachine Copied(FakeMachine machine, string text) =>
        machine with { Files = new Dictionary<string, byte[]>(machine.Files, StringComparer.Ordinal) { [Path] = Encoding.UTF8.GetBytes(text) } };

    private sealed class Shared(FakeHypervisor host, FakeMachine machine) : ISharedClipboard
    {
        private readonly CancellationTokenSource _closed = new();
        private string? _known = Text(machine);

        public async Task<string> NextAsync(CancellationToken cancellation)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
            while (true)
            {
                var (next, now) = host.Do(state => (state.Store.Signal.Next, Running(state)));
                if (Text(now) is { } text && text != Interlocked.Exchange(ref _known, text)) return text;
                await host.WaitForChangeAsync(next, either.Token);
            }
        }

        public Task OfferAsync(string text, CancellationToken cancellation)
        {
            host.Do(state =>
            {
                var now = Running(state);
                _known = text;
                state.Put(Copied(now, text));
                return true;
            });
            return Task.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            await _closed.CancelAsync();
            _closed.Dispose();
        }

        private FakeMachine Running(FakeState state) =>
            state.Find(machine.Definition.Id) is { Runs: true } now && now.ProcessId == machine.ProcessId ? now : throw new IOException("the machine has gone");

        private static string? Text(FakeMachine machine) => machine.Files.TryGetValue(Path, out var text) ? Encoding.UTF8.GetString(text) : null;
    }
}
