using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>Waits until a guest has come far enough, and tells when it never will.</summary>
internal static class ReadinessWait
{
    /// <param name="call">The run.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="rung">What is waited for, to be told in errors.</param>
    /// <param name="enough">Whether it has come far enough.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="reached">Told of each rung once, in order.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The readiness that was enough.</returns>
    /// <exception cref="WarrenException">The time is over (<c>timeout</c>), or the machine failed, was stopped or is gone.</exception>
    public static async Task<Readiness> UntilAsync(
        Invocation call, Machine machine, ReadinessRung rung, Func<Readiness, bool> enough, TimeSpan timeout, Action<ReachedRung> reached, CancellationToken cancellation)
    {
        using var time = new CancellationTokenSource(timeout, call.Around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, time.Token);
        try
        {
            return await ReadAsync(call, machine, rung, enough, reached, either.Token);
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            var now = await call.Client.GetReadinessAsync(machine.Id, cancellation);
            throw Refusal.Of("timeout", "Time out",
                $"{machine.Name} has not reached {Words.Of(rung)} within {Figures.Seconds(timeout)}; it is at {Words.Of(now.Rung)}"
                + (now.Detail is null ? "" : $" ({now.Detail})"));
        }
    }

    private static async Task<Readiness> ReadAsync(
        Invocation call, Machine machine, ReadinessRung rung, Func<Readiness, bool> enough, Action<ReachedRung> reached, CancellationToken cancellation)
    {
        var told = new HashSet<ReadinessRung>();
        await foreach (var readiness in call.Client.WatchReadinessAsync(machine.Id, cancellation))
        {
            foreach (var step in readiness.Reached)
            {
                if (told.Add(step.Rung)) reached(step);
            }

            if (enough(readiness)) return readiness;
        }

        throw new WarrenException(WhyNot(await call.Client.GetMachineAsync(machine.Id, cancellation), rung));
    }

    /// <summary>Why a guest that has ended its way up has not come as far as that.</summary>
    private static Problem WhyNot(Machine machine, ReadinessRung rung) => new("urn:warren:problem:not-ready", "Not ready", 0, machine.State switch
    {
        MachineState.Failed => $"{machine.Name} failed: {machine.Problem?.Detail ?? machine.Problem?.Title ?? "no reason known"}",
        MachineState.Running => $"{machine.Name} has finished starting without reaching {Words.Of(rung)}",
        _ => $"{machine.Name} is {Words.Of(machine.State)}: start it with `warren start {machine.Name}`",
    });
}
