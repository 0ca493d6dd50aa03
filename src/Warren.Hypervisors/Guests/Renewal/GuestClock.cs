namespace Warren.Hypervisors.Guests.Renewal;

/// <summary>Sets the clock of a guest that has stood still for a while.</summary>
internal sealed class GuestClock(AgentGuest guest, TimeProvider clock)
{
    private const int Corrections = 3;

    private const int Questions = 8;

    private static readonly TimeSpan s_closeEnough = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Sets it where the guest has an agent that can; else the guest's own means have to do.</summary>
    internal async Task TrySetAsync(string machineId, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(s_limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            if (await guest.PingAsync(machineId, either.Token)) await CorrectAsync(machineId, by => MoveAsync(machineId, by, either.Token), either.Token);
        }
        catch (Exception e) when (e is HypervisorException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // It runs; what its clock says is no reason to call that a failure.
        }
    }

    /// <summary>Moves it by what it is late, and looks again.</summary>
    /// <param name="machineId">The machine.</param>
    /// <param name="move">Moves it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task CorrectAsync(string machineId, Func<TimeSpan, Task> move, CancellationToken cancellation)
    {
        for (var i = 0; i < Corrections; i++)
        {
            var (late, unsure) = await LatenessAsync(machineId, cancellation);
            if (late.Duration() < s_closeEnough + unsure) return;
            await move(late);
        }
    }

    /// <summary>How late the guest's clock is, by the quickest of a few answers: on a busy host one may be seconds old.</summary>
    internal async Task<(TimeSpan Late, TimeSpan Unsure)> LatenessAsync(string machineId, CancellationToken cancellation)
    {
        var best = (Late: TimeSpan.Zero, Unsure: TimeSpan.MaxValue);
        for (var i = 0; i < Questions && best.Unsure > s_closeEnough; i++)
        {
            var (before, said) = (clock.GetUtcNow(), await guest.TimeAsync(machineId, cancellation));
            var half = (clock.GetUtcNow() - before) / 2;
            if (half < best.Unsure) best = (before + half - said, half);
        }

        return best;
    }

    /// <summary>The agent's own way needs hwclock(8) in a Linux guest, which newer Debians leave out; it is the only one where there is no shell.</summary>
    private async Task MoveAsync(string machineId, TimeSpan late, CancellationToken cancellation)
    {
        try
        {
            if ((await guest.ExecAsync(machineId, RenewProgram.ForClock(late, s_limit), cancellation)).ExitCode == 0) return;
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            // Windows.
        }

        await guest.SetTimeAsync(machineId, clock.GetUtcNow(), cancellation);
    }
}
