using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>The same change asked for several machines at once: one that is refused does not keep the others from it.</summary>
internal static class PowerChange
{
    /// <param name="call">The run.</param>
    /// <param name="names">Machines by name or id.</param>
    /// <param name="ask">Asks the server for one of them.</param>
    /// <param name="done">What is said when it has come about: <c>started</c>.</param>
    /// <param name="wait">Wait for the end.</param>
    /// <param name="cancelToo">Ctrl-C cancels the operations too.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The exit code: 0, or that of the first failure.</returns>
    public static async Task<int> RunAsync(
        Invocation call, IReadOnlyList<string> names, Func<string, Task<Operation>> ask, string done, bool wait, bool cancelToo, CancellationToken cancellation)
    {
        var code = ExitCode.Ok;
        var operations = new List<Operation>();
        foreach (var name in names.Distinct())
        {
            try
            {
                operations.Add(await ask(name));
            }
            catch (WarrenException e) when (e is not WarrenUnreachableException)
            {
                call.Screen.Report(e.Problem, names.Count > 1 ? name : null);
                if (code == ExitCode.Ok) code = ExitCode.Of(e.Problem);
            }
        }

        var ended = wait ? await Following.ReportAsync(call, operations, cancelToo, cancellation) : operations;
        foreach (var operation in ended)
        {
            if (call.Screen.Json) call.Screen.WriteJson(operation);
            else if (!wait) call.Screen.WriteLine($"{operation.SubjectName}: operation {operation.Id}");
            else if (operation.Status is OperationStatus.Succeeded) call.Screen.Hint($"{operation.SubjectName}: {done}");
        }

        var failure = wait ? ended.FirstOrDefault(operation => operation.Status is not OperationStatus.Succeeded) : null;
        return code == ExitCode.Ok && failure is not null ? ExitCode.Of(OperationText.ProblemOf(failure)) : code;
    }
}
