using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.resize: memory, CPUs and disk of a stopped machine.</summary>
internal sealed class ResizeMachine : MachineWorkflow
{
    public const string Name = "machine.resize";

    public ResizeMachine() => Step("resize", 10, "Changing memory, CPUs and disk", ResizeAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(10);

    /// <summary>The row goes back to what the machine still has.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        var before = operation.Data<Plan>();
        return ChangeAsync(db, operation.SubjectId, m => (m.MemoryMib, m.Cpus, m.DiskGib) = (before.MemoryMiB, before.Cpus, before.DiskGiB), cancellation);
    }

    private static async Task<StepOutcome> ResizeAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Resize is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be resized."));
        await driver.Resize.ResizeAsync(await step.Get<MachineDefinitions>().OfAsync(machine, cancellation), cancellation);
        return StepOutcome.Done();
    }

    /// <summary>What it had before.</summary>
    internal sealed record Plan(int MemoryMiB, int Cpus, int DiskGiB);
}
