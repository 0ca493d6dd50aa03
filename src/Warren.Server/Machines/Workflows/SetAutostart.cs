using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.set-autostart: start it with its host, or not.</summary>
internal sealed class SetAutostart : MachineWorkflow
{
    public const string Name = "machine.set-autostart";

    public SetAutostart() => Step("set", 10, "Telling its host", SetAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    private static async Task<StepOutcome> SetAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Autostart is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot start with their host."));
        var on = step.Operation.Data<Plan>().On;
        await driver.Autostart.SetAsync(machine.Id, on, cancellation);
        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m => m.Autostart = on, c));
    }

    internal sealed record Plan(bool On);
}
