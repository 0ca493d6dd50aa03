using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.launch: have its image, make it, switch it on, see it run.</summary>
internal sealed class LaunchMachine : MachineWorkflow
{
    public const string Name = "machine.launch";
    private readonly PortRelease _ports;

    public LaunchMachine(PortRelease ports)
    {
        _ports = ports;
        Step("image", 2, "Waiting for the image", AwaitImageAsync);
        Step("create", 70, "Making disks and seed", CreateAsync);
        Step("start", 85, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 95, "Looking whether it runs", ConfirmAsync);
        UndoStep("undo", "Taking back what was made", TakeBackAsync);
    }

    public override string Kind => Name;

    /// <summary>An image may have to be downloaded or built first.</summary>
    public override TimeSpan Deadline => TimeSpan.FromHours(2);

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => NotMadeAsync(db, _ports, operation.SubjectId, problem, cancelled, cancellation);

    private static async Task<StepOutcome> AwaitImageAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var image = await step.Db.Images.AsNoTracking().SingleOrDefaultAsync(i => i.Id == machine.ImageId, cancellation);
        if (image is null) return StepOutcome.Failed(Problems.NotFound($"The image '{machine.ImageName}' was deleted meanwhile."));
        if (image.State == ImageState.Ready) return StepOutcome.GoTo("create");
        if (image.State == ImageState.Failed)
            return StepOutcome.Failed(image.Problem ?? Problems.NotFound($"The image '{machine.ImageName}' could not be had."));
        var under = await step.Db.Operations.AsNoTracking().FirstOrDefaultAsync(o => o.SubjectId == image.Id && o.Live, cancellation);
        return StepOutcome.Again(TimeSpan.FromMilliseconds(500), under?.Message is { } message ? $"Image {image.Name}: {message}" : null,
            2 + ((under?.Progress ?? 0) * 66 / 100));
    }

    private static async Task<StepOutcome> CreateAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation);
        var progress = new Progress<double>(part => step.Progress.Report(new StepProgress(70 + (int)(part * 15))));
        await (await DriverAsync(step, machine, cancellation)).CreateAsync(definition, progress, cancellation);
        if (machine.Wanted == WantedPower.Off) return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Stopped), c));
        return StepOutcome.GoTo("start", (db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Starting), c));
    }
}
