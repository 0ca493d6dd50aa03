using System.Net.Sockets;
using System.Text;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;

namespace Hypervisors.Tests.Guests;

/// <summary>
/// The clipboard of a real X desktop: Debian's spice-vdagentd and spice-vdagent as they run in a guest, with a unix socket for the port
/// (their own way of being tested), an X server without a screen, and xclip for its user.
/// </summary>
public sealed class DesktopAgentTests : IAsyncDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly string _folder = Directory.CreateTempSubdirectory("warren-desktop-").FullName;
    private readonly CommandRunner _runner = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_real_desktop_and_we_share_texts_both_ways()
    {
        var (port, daemon) = (Path.Combine(_folder, "port"), Path.Combine(_folder, "daemon"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(port));
        listener.Listen(1);
        var display = await XServerAsync();
        Begin(null, "spice-vdagentd", ["-x", "-X", "-f", "-o", "-s", port, "-S", daemon, "-u", "/dev/null"]);
        await Eventually.TrueAsync("the daemon listens", () => Task.FromResult(File.Exists(daemon)), 60);
        Begin(display, "spice-vdagent", ["-x", "-s", port, "-S", daemon]);
        // The port is opened for the first desktop.
        await using var agent = new SpiceAgent(new NetworkStream(await listener.AcceptAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancellation), ownsSocket: true), TimeProvider.System);

        string[] texts = ["one line", "zwei Zeilen\nmit ü und 日本\n", new string('x', 300_000) + "end"];
        foreach (var text in texts)
        {
            await agent.OfferAsync(text, Cancellation);
            await Eventually.TrueAsync($"{text.Length} characters are on the desktop's clipboard", async () => await PasteAsync(display) == text, 60);
        }

        foreach (var text in texts)
        {
            var next = agent.NextAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            // It stays, as the owner of the selection, until another copies.
            Begin(display, "xclip", ["-selection", "clipboard", "-in", "-quiet"], text);
            (await next).ShouldBe(text);
        }
    }

    /// <summary>An X server without a screen, on a display of its own choice.</summary>
    private async Task<string> XServerAsync()
    {
        var number = new TaskCompletionSource<string>();
        Begin(null, "Xvfb", ["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"], onLine: line => number.TrySetResult(":" + line));
        return await number.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    private async Task<string> PasteAsync(string display)
    {
        var pasted = await _runner.RunAsync(Of(display, "sh", ["-c", "xclip -selection clipboard -out -target UTF8_STRING | base64 -w0"]), Cancellation);
        return Encoding.UTF8.GetString(Convert.FromBase64String(pasted.Output.Trim()));
    }

    private void Begin(string? display, string program, string[] arguments, string? input = null, Action<string>? onLine = null) =>
        _running.Add(_runner.RunAsync(Of(display, program, arguments) with { Input = input, OnOutputLine = onLine }, _end.Token));

    private Command Of(string? display, string program, string[] arguments) => new(program, arguments)
    {
        Timeout = TimeSpan.FromMinutes(10),
        WorkingDirectory = _folder,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = _folder, ["XDG_RUNTIME_DIR"] = _folder, ["DISPLAY"] = display ?? "" },
    };
}
