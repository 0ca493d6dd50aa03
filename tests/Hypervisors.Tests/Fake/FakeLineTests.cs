using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>The line between a caller and an imitated guest.</summary>
public sealed class FakeLineTests
{
    /// <summary>A guest that writes without end would else keep a processor busy until the process ends.</summary>
    [Fact]
    public async Task Who_writes_hears_that_the_other_end_has_closed()
    {
        var (caller, host) = FakeLine.Make();
        await host.WriteAsync("a"u8.ToArray(), TestContext.Current.CancellationToken);
        await caller.DisposeAsync();
        await Should.ThrowAsync<IOException>(host.WriteAsync("b"u8.ToArray(), TestContext.Current.CancellationToken).AsTask());
        await host.DisposeAsync();
    }

    [Fact]
    public async Task What_was_written_is_read_to_its_end()
    {
        var (caller, host) = FakeLine.Make();
        await host.WriteAsync("abc"u8.ToArray(), TestContext.Current.CancellationToken);
        await host.DisposeAsync();
        using var read = new MemoryStream();
        await caller.CopyToAsync(read, TestContext.Current.CancellationToken);
        read.ToArray().ShouldBe("abc"u8.ToArray());
        await caller.DisposeAsync();
    }
}
