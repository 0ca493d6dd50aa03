using System.Collections.Concurrent;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>A serial line that greets and echoes, and its log. A line <c>copy TEXT</c> puts a text on the guest's clipboard.</summary>
internal sealed class FakeSerial(FakeHypervisor host) : ISerial, IKeptLogs
{
    private const int LongestCommand = 1000;

    /// <inheritdoc/>
    public IKeptLogs? Kept => this;

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await host.RunAsync("OpenSerial", machineId, state => state.RequireRunning(machineId), cancellation);
        return FakeConsole.Open(host, machine, (line, ended) => ServeAsync(line, machine.Definition, ended));
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        var machine = await host.LookAsync("OpenSerialLog", machineId, cancellation);
        return new MemoryStream(machine.SerialLog, writable: false);
    }

    /// <inheritdoc/>
    Task<KeptLog> IKeptLogs.OpenAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return Task.FromResult<KeptLog>(new FakeLog(host, machineId, host.Do(state => state.Require(machineId))));
    }

    /// <inheritdoc/>
    Task IKeptLogs.TrimAsync(string machineId, CancellationToken cancellation) => Task.CompletedTask; // It is short anyway.

    private async Task ServeAsync(Stream line, MachineDefinition definition, CancellationToken ended)
    {
        await line.WriteAsync(Encoding.UTF8.GetBytes($"{definition.Name}: imitation, nothing boots here; it echoes\r\n"), ended);
        var typed = new byte[256];
        var command = new List<byte>();
        while (await line.ReadAsync(typed, ended) is > 0 and var count)
        {
            host.Do(state =>
            {
                if (state.Find(definition.Id) is not { Runs: true } machine) return false;
                machine = machine.Writing(typed.AsSpan(0, count));
                foreach (var sign in typed.AsSpan(0, count))
                {
                    if (sign is not ((byte)'\r' or (byte)'\n'))
                    {
                        if (command.Count < LongestCommand) command.Add(sign);
                        continue;
                    }

                    if (Encoding.UTF8.GetString([.. command]) is ['c', 'o', 'p', 'y', ' ', .. var text]) machine = FakeClipboard.Copied(machine, text);
                    command.Clear();
                }

                state.Put(machine);
                return true;
            });
            await line.WriteAsync(typed.AsMemory(0, count), ended);
        }
    }
}

/// <summary>A screen with a picture that changes, in RFB 3.8.</summary>
internal sealed class FakeScreen(FakeHypervisor host, FakeKeys keys, TimeProvider clock) : IScreen
{
    /// <inheritdoc/>
    public async Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await host.RunAsync("OpenScreen", machineId, state => state.RequireRunning(machineId), cancellation);
        var picture = new FakePicture(machineId, machine.StartedAt!.Value, keys, clock);
        return FakeConsole.Open(host, machine, (line, ended) => new FakeRfb(line, machine.Definition.Name, picture, clock).ServeAsync(ended));
    }
}

/// <summary>Keys that were pressed on the screens of one host.</summary>
public sealed class FakeKeys
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<uint>> _pressed = new(StringComparer.Ordinal);
    private readonly FakeSignal _signal = FakeSignal.Of(null);

    /// <summary>Key symbols (X11, as in RFC 6143, 7.5.4) pressed on a machine's screen, in order.</summary>
    public IReadOnlyCollection<uint> On(string machineId) => _pressed.GetOrAdd(machineId, _ => new());

    /// <summary>Ends at the next key.</summary>
    internal Task Next => _signal.Next;

    internal void Press(string machineId, uint symbol)
    {
        _pressed.GetOrAdd(machineId, _ => new()).Enqueue(symbol);
        _signal.Raise();
    }
}

/// <summary>A connection to a console: it is served until the caller leaves or this run of the machine ends.</summary>
internal static class FakeConsole
{
    internal static FakeLine Open(FakeHypervisor host, FakeMachine machine, Func<Stream, CancellationToken, Task> serve)
    {
        var (caller, line) = FakeLine.Make();
        _ = ServeAsync(host, machine, line, serve);
        return caller;
    }

    private static async Task ServeAsync(FakeHypervisor host, FakeMachine machine, FakeLine line, Func<Stream, CancellationToken, Task> serve)
    {
        using var ended = new CancellationTokenSource();
        await using (line)
        {
            try
            {
                var end = host.WaitForEndAsync(machine.Definition.Id, machine.ProcessId, ended.Token);
                await Task.WhenAny(end, serve(line, ended.Token));
            }
            catch (Exception e) when (e is IOException or HypervisorException or OperationCanceledException)
            {
                // The line is closed below, which is all that a caller is told.
            }
            finally
            {
                await ended.CancelAsync();
            }
        }
    }
}
