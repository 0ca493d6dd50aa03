using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.VirtualBox.Tool;

/// <summary>Calls of VBoxManage, with their failures.</summary>
internal sealed class BoxManage(IBoxTool tool, VirtualBoxOptions options, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);
    private BoxVersion? _version;

    /// <summary>Which one it is; asked once.</summary>
    internal async Task<BoxVersion> VersionAsync(CancellationToken cancellation)
    {
        if (_version is { } known) return known;
        // Warnings, such as of a missing kernel module, come before it.
        var said = (await AskAsync(["--version"], "--version", cancellation)).Trim().Split('\n')[^1].Trim();
        return _version = BoxVersion.Parse(said);
    }

    /// <summary>A question; its answer is standard output.</summary>
    /// <exception cref="HypervisorException">By the code of the failure.</exception>
    internal async Task<string> AskAsync(IReadOnlyList<string> arguments, string doing, CancellationToken cancellation)
    {
        var result = await TryAsync(arguments, options.Timeout, cancellation);
        return result.ExitCode == 0 ? result.Output : throw BoxAnswer.Failure(result, doing);
    }

    /// <summary>A change. A session that is just being closed holds its machine for a moment: that is waited for.</summary>
    /// <exception cref="HypervisorException">By the code of the failure.</exception>
    internal async Task ChangeAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var result = await TryAsync(arguments, options.ChangeTimeout, cancellation);
            if (result.ExitCode == 0) return;
            var failure = BoxAnswer.Failure(result, string.Join(' ', arguments.Take(2)));
            if (failure.Kind != HypervisorErrorKind.Busy || clock.GetElapsedTime(began) > s_patience) throw failure;
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellation);
        }
    }

    /// <summary>
    /// A call whose failure is the caller's to understand. VirtualBox's service ends by itself some seconds after its last customer, and a
    /// call of that moment finds none and has done nothing: it is made again.
    /// </summary>
    internal async Task<CommandResult> TryAsync(IReadOnlyList<string> arguments, TimeSpan limit, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = await tool.RunAsync(arguments, limit);
            if (!BoxAnswer.IsWithoutService(result) || clock.GetElapsedTime(began) > s_patience) return result;
            await Task.Delay(TimeSpan.FromMilliseconds(250), clock, cancellation);
        }
    }
}
