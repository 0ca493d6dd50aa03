using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.restart: stop, then start.</summary>
internal sealed class RestartMachine : MachineWorkflow
{
    public const string Name = "machine.restart";

    public RestartMachine()
    {
        Step("ask", 5, "Asking the guest to shut down", (step, c) => StopMachine.AskAsync(step, "wait", c));
        Step("wait", 15, "Waiting for the guest", (step, c) => StopMachine.WaitAsync(step, "kill", c));
        Step("kill", 50, "Switching it off", (step, c) => StopMachine.KillAsync(step, "start", c));
        Step("start", 60, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 90, "Looking whether it runs", ConfirmAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(75);

    /// <summary>Left as it is; the next look tells what that is.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            m.MoveTo(MachineState.Unknown);
            m.Problem = cancelled ? null : problem;
        }, cancellation);
}
