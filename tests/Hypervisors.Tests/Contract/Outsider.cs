using System.Globalization;
using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests.Contract;

/// <summary>Another process with a connection to a port of 127.0.0.1, which it holds until it is disposed of.</summary>
internal sealed class Outsider : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    internal Outsider(int port) => _run = new CommandRunner().RunAsync(
        new Command("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$1 && exec sleep infinity", "outsider", port.ToString(CultureInfo.InvariantCulture))
        {
            Timeout = TimeSpan.FromMinutes(5),
        }, _end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        try
        {
            await _run;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        _end.Dispose();
    }
}
