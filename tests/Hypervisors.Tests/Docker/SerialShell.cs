using System.Globalization;
using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Docker;

/// <summary>The root shell that the tiny guest has on its serial line.</summary>
internal sealed class SerialShell : IAsyncDisposable
{
    private readonly Stream _line;
    private readonly StringBuilder _heard = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _listening;
    private int _commands;

    private SerialShell(Stream line)
    {
        _line = line;
        _listening = ListenAsync();
    }

    internal static async Task<SerialShell> OpenAsync(IHypervisor driver, string id, int seconds)
    {
        var shell = new SerialShell(await driver.Serial!.OpenAsync(id, CancellationToken.None));
        // Asked again until the guest has booted as far as its disk; seldom, because what is typed early is answered later.
        long asked = 0;
        await Eventually.TrueAsync("the serial shell answers", async () =>
        {
            if (asked == 0 || TimeProvider.System.GetElapsedTime(asked) > TimeSpan.FromSeconds(3))
            {
                await shell.TypeAsync("[ -b /dev/vda ] && echo shell=$((40+2))\n");
                asked = TimeProvider.System.GetTimestamp();
            }

            return shell.Heard().Contains("shell=42", StringComparison.Ordinal);
        }, seconds);
        return shell;
    }

    /// <summary>Runs a command; its output without the echo.</summary>
    internal async Task<string> RunAsync(string command, int seconds = 60)
    {
        var number = (++_commands).ToString(CultureInfo.InvariantCulture);
        string begin = $"<{number}>", end = $"</{number}:";
        // The marks are put together by the guest, so that the echo of the line is not taken for the answer.
        await TypeAsync($"echo '<'{number}'>'; {command}; echo '</'{number}':'$?\n");
        string heard = "";
        await Eventually.TrueAsync($"an answer to {command}", () =>
        {
            heard = Heard();
            return Task.FromResult(heard.LastIndexOf(end, StringComparison.Ordinal) > heard.LastIndexOf(begin, StringComparison.Ordinal));
        }, seconds);
        var from = heard.LastIndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return heard[from..heard.LastIndexOf(end, StringComparison.Ordinal)].Trim();
    }

    internal string Heard()
    {
        lock (_heard) return _heard.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _line.DisposeAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task TypeAsync(string text) => await _line.WriteAsync(Encoding.ASCII.GetBytes(text));

    private async Task ListenAsync()
    {
        var buffer = new byte[4096];
        int length;
        while ((length = await _line.ReadAsync(buffer, _ended.Token)) > 0)
        {
            lock (_heard) _heard.Append(Encoding.UTF8.GetString(buffer, 0, length).Replace("\r", "", StringComparison.Ordinal));
        }
    }
}
