using System.Text;
using Warren.Hypervisors;
using Warren.Server.Consoles.Serial;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>Nothing twice and nothing missed, wherever the line and the log happen to meet.</summary>
public sealed class SerialGapTests
{
    private const string All = "one\ntwo\nthree\nfour\nfive\nsix\nseven and so many words more that they are surely told apart\neight\nnine\nten\n";

    [Theory]
    [InlineData("one\n", "four\n", 0)] // The line began two lines later.
    [InlineData("one\n", "two\n", 0)] // It began where the terminal is.
    [InlineData("one\ntwo\nthr", "two\n", 0)] // It repeats what the terminal has.
    [InlineData("one\ntwo\nthree\nfour\nfive\nsix\nseven and so many words more that they are surely told apart\neight\nni", "three\n", 0)] // It repeats more than is compared.
    [InlineData("one\n", "four\n", 2)] // The log is two looks behind the line.
    [InlineData("", "one\n", 0)] // The terminal had nothing yet.
    public async Task A_terminal_hears_everything_once(string had, string first, int late)
    {
        var line = new Words(All, first);
        var heard = new StringBuilder(had);
        var gap = new SerialGap(TimeProvider.System);
        gap.Remember(Encoding.ASCII.GetBytes(had));
        var looks = 0;
        await gap.FillAsync(
            line,
            // It tells as much as the line has given, or less while it is late.
            _ => Task.FromResult<Stream?>(new MemoryStream(Encoding.ASCII.GetBytes(looks++ <= late ? had : All[..Math.Max(line.Given, had.Length)]))),
            Send,
            TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        while (await line.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read) await Send(buffer.AsMemory(0, read));
        heard.ToString().ShouldBe(All);

        Task Send(ReadOnlyMemory<byte> bytes)
        {
            heard.Append(Encoding.ASCII.GetString(bytes.Span));
            gap.Remember(bytes.Span);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_log_that_is_long_on_its_way_from_another_host_is_waited_for()
    {
        var heard = new StringBuilder("one\n");
        var gap = new SerialGap(TimeProvider.System);
        gap.Remember("one\n"u8);
        var looks = 0;
        await gap.FillAsync(
            new Words(All, "four\n"),
            _ => ++looks < 25 ? throw new HypervisorException(HypervisorErrorKind.Busy, "the log is just arriving from another host") : Task.FromResult<Stream?>(new MemoryStream(Encoding.ASCII.GetBytes(All[..All.IndexOf("five", StringComparison.Ordinal)]))),
            bytes =>
            {
                heard.Append(Encoding.ASCII.GetString(bytes.Span));
                gap.Remember(bytes.Span);
                return Task.CompletedTask;
            }, TestContext.Current.CancellationToken);
        heard.ToString().ShouldBe("one\ntwo\nthree\nfour\n");
    }

    [Fact]
    public async Task Without_a_log_the_line_goes_on()
    {
        var heard = new StringBuilder();
        var gap = new SerialGap(TimeProvider.System);
        gap.Remember("one\n"u8);
        await gap.FillAsync(new Words(All, "four\n"), _ => Task.FromResult<Stream?>(null), bytes =>
        {
            heard.Append(Encoding.ASCII.GetString(bytes.Span));
            return Task.CompletedTask;
        }, TestContext.Current.CancellationToken);
        heard.ToString().ShouldBe("four\n");
    }

    /// <summary>A serial line that gives one line of text a read, from a certain one on.</summary>
    private sealed class Words(string all, string first) : MemoryStream
    {
        public int Given { get; private set; } = all.IndexOf(first, StringComparison.Ordinal);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var end = all.IndexOf('\n', Given) + 1;
            if (end == 0) return ValueTask.FromResult(0);
            var read = Encoding.ASCII.GetBytes(all.AsSpan(Given, end - Given), buffer.Span);
            Given = end;
            return ValueTask.FromResult(read);
        }
    }
}
