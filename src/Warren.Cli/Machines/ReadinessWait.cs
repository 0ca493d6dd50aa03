using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>Waits until a guest has come far enough, and notices when it never will.</summary>
internal static class ReadinessWait
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    /// <param name="call">The run.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="rung">What to wait for.</param>
    /// <param name="timeout">How long at most.</param>
    /// <param name="reached">Told of each rung once, in order.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The readiness in which the rung had been reached.</returns>
    /// <exception cref="WarrenException">The time is over (<c>timeout</c>), or the machine failed, was stopped or is gone.</exception>
    public static async Task<Readiness> UntilAsync(
        Invocation call, Machine machine, ReadinessRung rung, TimeSpan timeout, Action<ReachedRung> reached, CancellationToken cancellation)
    {
        using var time = new CancellationTokenSource(timeout, call.Around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, time.Token);
        var state = StateAsync(call, machine, either.Token);
        var readiness = ReadAsync(call, machine, rung, reached, either.Token);
        try
        {
            // Only an error ends the watch over the state.
            if (await Task.WhenAny(readiness, state) == state) await state;
            return await readiness;
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            var now = await call.Client.GetReadinessAsync(machine.Id, cancellation);
            throw Refusal.Of("timeout", "Time out",
                $"{machine.Name} has not reached {Terminal.Words.Of(rung)} within {Terminal.Figures.Seconds(timeout)}; it is at {Terminal.Words.Of(now.Rung)}"
                + (now.Detail is null ? "" : $" ({now.Detail})"));
        }
        finally
        {
            await either.CancelAsync();
            // Their outcome has been told already.
            await Task.WhenAll(state, readiness).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<Readiness> ReadAsync(
        Invocation call, Machine machine, ReadinessRung rung, Action<ReachedRung> reached, CancellationToken cancellation)
    {
        var told = new HashSet<ReadinessRung>();
        await foreach (var readiness in call.Client.WatchReadinessAsync(machine.Id, cancellation))
        {
            foreach (var step in readiness.Reached)
            {
                if (told.Add(step.Rung)) reached(step);
            }

            if (readiness.Has(rung)) return readiness;
        }

        throw Refusal.Of("unsupported", "Never reached", $"{machine.Name} has finished starting without reaching {Terminal.Words.Of(rung)}");
    }

    /// <summary>Ends with an error when the machine is in a state from which no guest becomes ready.</summary>
    private static async Task StateAsync(Invocation call, Machine machine, CancellationToken cancellation)
    {
        while (true)
        {
            var now = await AskAsync(call.Client, machine, cancellation);
            if (now.State is MachineState.Failed) throw new WarrenException(Failure(now));
            if (now is { State: MachineState.Stopped or MachineState.Deleting or MachineState.Suspended, Wanted: WantedPower.Off } or { State: MachineState.Deleting })
            {
                throw Refusal.Of("machine-off", "Machine off", $"{now.Name} is {Terminal.Words.Of(now.State)}: start it with `warren start {now.Name}`");
            }

            await Task.Delay(s_pause, call.Around.Time, cancellation);
        }
    }

    /// <summary>The machine now. While the server does not answer it is taken to be as it was: the stream of readiness decides when to give up.</summary>
    private static async Task<Machine> AskAsync(WarrenClient client, Machine machine, CancellationToken cancellation)
    {
        try
        {
            return await client.GetMachineAsync(machine.Id, cancellation);
        }
        catch (WarrenUnreachableException)
        {
            return machine with { State = MachineState.Unknown };
        }
    }

    private static Problem Failure(Machine machine)
        => new("urn:warren:problem:internal", "Machine failed", 0, $"{machine.Name} failed: {machine.Problem?.Detail ?? machine.Problem?.Title ?? "no reason known"}");
}
