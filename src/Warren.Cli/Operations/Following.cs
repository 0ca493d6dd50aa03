using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Operations;

/// <summary>Waits for operations with progress, and asks the server to cancel them on Ctrl-C.</summary>
internal static class Following
{
    private static readonly TimeSpan s_cancelTime = TimeSpan.FromSeconds(10);

    /// <summary>Waits for one operation that must succeed.</summary>
    /// <exception cref="WarrenException">It failed.</exception>
    /// <exception cref="OperationCanceledException">Ctrl-C; the operation has ended too, if it was to be cancelled.</exception>
    public static async Task<Operation> RequireAsync(Invocation call, Operation operation, CancellationToken cancellation, bool cancelToo = true)
    {
        var ended = (await ToTheEndAsync(call, [operation], cancelToo, cancellation))[0];
        return ended.Status is OperationStatus.Succeeded ? ended : throw new WarrenException(OperationText.ProblemOf(ended));
    }

    /// <summary>Waits for what an operation makes and shows it, or says at once which operation makes it.</summary>
    public static async Task<int> ShowAsync<T>(
        Invocation call, Operation operation, bool wait, Func<string, CancellationToken, Task<T>> get, Func<T, IReadOnlyList<(string, Cell?)>> properties, CancellationToken cancellation)
    {
        if (!wait)
        {
            if (call.Screen.Json) call.Screen.WriteJson(operation);
            else call.Screen.WriteLine($"{operation.SubjectName}: operation {operation.Id}");
            return ExitCode.Ok;
        }

        await RequireAsync(call, operation, cancellation);
        var made = await get(operation.SubjectId, cancellation);
        call.Screen.WriteThing(made, properties(made));
        return ExitCode.Ok;
    }

    /// <summary>Waits for operations and reports those that failed, each with its subject's name when there are several.</summary>
    public static async Task<IReadOnlyList<Operation>> ReportAsync(
        Invocation call, IReadOnlyList<Operation> operations, bool cancelToo, CancellationToken cancellation)
    {
        var ended = await ToTheEndAsync(call, operations, cancelToo, cancellation);
        foreach (var failed in ended.Where(operation => operation.Status is not OperationStatus.Succeeded))
        {
            call.Screen.Report(OperationText.ProblemOf(failed), operations.Count > 1 ? failed.SubjectName : null);
        }

        return ended;
    }

    /// <summary>Shows an operation's progress to its end, whatever that is, and never cancels it.</summary>
    public static async Task<Operation> WatchAsync(Invocation call, Operation operation, CancellationToken cancellation)
        => (await ToTheEndAsync(call, [operation], cancelToo: false, cancellation))[0];

    private static async Task<IReadOnlyList<Operation>> ToTheEndAsync(
        Invocation call, IReadOnlyList<Operation> operations, bool cancelToo, CancellationToken cancellation)
    {
        if (operations.Count == 0) return [];
        var titles = operations.Select(operation => operation.SubjectName).ToArray();
        var ended = await new ProgressDisplay(call.Screen).ShowAsync(titles, async parts =>
        {
            var waits = operations.Select((operation, i) => WaitAsync(call, operation, parts[i], cancelToo, cancellation));
            return await Task.WhenAll(waits);
        });
        if (!cancellation.IsCancellationRequested) return ended;
        foreach (var operation in ended) TellAfterCancel(call.Screen, operation);
        throw new OperationCanceledException(cancellation);
    }

    private static async Task<Operation> WaitAsync(
        Invocation call, Operation operation, IProgress<ProgressDisplay.Step> part, bool cancelToo, CancellationToken cancellation)
    {
        var progress = new OperationReport(part);
        progress.Report(operation);
        try
        {
            return await call.Client.WaitForOperationAsync(operation.Id, progress, cancellation);
        }
        catch (OperationCanceledException) when (cancelToo)
        {
            part.Report(new ProgressDisplay.Step(0, "cancelling"));
            using var patience = new CancellationTokenSource(s_cancelTime, call.Around.Time);
            try
            {
                await call.Client.CancelOperationAsync(operation.Id, patience.Token);
            }
            catch (WarrenException e) when (ExitCode.Of(e.Problem) is ExitCode.Conflict)
            {
                // It has ended meanwhile.
            }

            // Undoing takes its time; a second Ctrl-C does not wait for it.
            return await call.Client.WaitForOperationAsync(operation.Id, progress, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            return operation;
        }
    }

    private static void TellAfterCancel(Screen screen, Operation operation) => screen.Hint(operation.Status switch
    {
        OperationStatus.Cancelled => $"{operation.SubjectName}: cancelled, what had begun has been undone",
        OperationStatus.Failed => $"{operation.SubjectName}: failed before it could be cancelled",
        OperationStatus.Succeeded => $"{operation.SubjectName}: {operation.Kind} was done before it could be cancelled",
        _ => $"{operation.SubjectName}: {operation.Kind} goes on; watch it with `warren operations watch {operation.Id}`",
    });

    /// <summary>Reports at once, in the caller's order; <see cref="Progress{T}"/> would go through the thread pool and mix up lines.</summary>
    private sealed class OperationReport(IProgress<ProgressDisplay.Step> part) : IProgress<Operation>
    {
        public void Report(Operation value)
        {
            // What a failure or a cancel ended with is told as an error, not as progress.
            if (value.Status is OperationStatus.Failed or OperationStatus.Cancelled) return;
            part.Report(new ProgressDisplay.Step(value.Progress, OperationText.Doing(value)));
        }
    }
}
