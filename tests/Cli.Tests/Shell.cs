using Warren.Cli;

namespace Cli.Tests;

/// <summary>Runs the command line as main does, in a home folder of its own, and keeps what it wrote.</summary>
internal sealed class Shell : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly MemoryStream _bytes = new();
    private readonly CancellationTokenSource _interrupt = new();

    public Shell(Uri? server = null)
    {
        Home = Directory.CreateTempSubdirectory("warren-cli-").FullName;
        if (server is not null) Variables["WARREN_URL"] = server.ToString();
        Variables["WARREN_TOKEN"] = "wrn_test";
    }

    public string Home { get; }

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public string Input { get; init; } = "";

    public byte[] InputBytes { get; init; } = [];

    /// <summary>The time of day; the system's when null. Timers are the system's anyway.</summary>
    public DateTimeOffset? Now { get; init; }

    public string Out => _out.ToString() + System.Text.Encoding.UTF8.GetString(_bytes.ToArray());

    public string Error => _error.ToString();

    public void PressCtrlC() => _interrupt.Cancel();

    public Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, new Surroundings
    {
        Out = _out,
        Error = TextWriter.Synchronized(_error),
        OpenOut = () => new Unclosed(_bytes),
        OpenIn = () => new StringReader(Input),
        OpenInBytes = () => new MemoryStream(InputBytes),
        Variable = name => Variables.GetValueOrDefault(name),
        Time = Now is { } now ? new StoppedClock(now) : TimeProvider.System,
        Interrupted = _interrupt.Token,
        Home = Home,
    });

    public void Dispose()
    {
        _interrupt.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class Unclosed(MemoryStream inner) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }
        public override void Flush() => inner.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
