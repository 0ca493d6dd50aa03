using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>
/// machine.inject-keys: into a running guest by its agent; into a stopped one by a new seed with a new instance-id, which
/// cloud-init takes as a new instance on the next boot. Either way the machine's row remembers them.
/// </summary>
internal sealed class InjectKeys : MachineWorkflow
{
    public const string Name = "machine.inject-keys";

    public InjectKeys() => Step("inject", 10, "Putting the keys into the guest", InjectAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(2);

    private static async Task<StepOutcome> InjectAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var keys = step.Operation.Data<Plan>().PublicKeys;
        var running = machine.State == MachineState.Running;
        if (running)
        {
            var driver = await DriverAsync(step, machine, cancellation);
            if (driver.Guest is null || !await driver.Guest.PingAsync(machine.Id, cancellation))
            {
                return StepOutcome.Failed(Problems.Unsupported(
                    "The guest's agent does not answer, so a running machine cannot take keys. Stop it and try again: they then go in by cloud-init."));
            }

            var user = await UserAsync(step.Db, machine.ImageId, cancellation);
            try
            {
                await driver.Guest.AddAuthorizedKeysAsync(machine.Id, user, keys, cancellation);
            }
            catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unsupported)
            {
                return StepOutcome.Failed(Problems.From(e));
            }
        }

        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
        {
            m.PublicKeys = [.. m.PublicKeys.Union(keys)];
            if (!running) m.SeedGeneration++;
        }, c));
    }

    /// <summary>The keys, each a line in OpenSSH's format.</summary>
    internal sealed record Plan(IReadOnlyList<string> PublicKeys);
}
