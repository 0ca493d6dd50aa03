using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Images.Golden.Workflows;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Images.Golden;

/// <summary>What can be asked of golden images. Each command commits row and operation at once.</summary>
internal sealed class GoldenImageCommands(
    WarrenDb db, Caller caller, OperationQueue queue, MachineCommands machines, HostAdmission admission, HostViews hosts, MachineOptions options, TimeProvider clock)
{

    /// <summary>Makes the next version of the name from a machine.</summary>
    public Task<OperationRow> BuildAsync(MachineRow machine, CreateGoldenImageRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        Check(request.Name, request.Description, request.Prepare);
        // Before anything is looked at: versions are counted one after the other, and the machine must not be started or copied meanwhile.
        await admission.LockAsync(machine.Host, cancellation);
        await db.Entry(machine).ReloadAsync(cancellation);
        await DemandFreezableAsync(machine, request.Kind, request.Prepare is not null, cancellation);
        var (project, name) = (caller.ProjectId, request.Name);
        var row = new GoldenImageRow
        {
            Id = Ids.New(clock),
            Name = name,
            LineageVersion = await NextVersionAsync(project, name, cancellation),
            OwnerId = caller.UserId,
            ProjectId = project,
            Host = machine.Host,
            MachineId = machine.Id,
            MachineName = machine.Name,
            Kind = request.Kind,
            Description = request.Description is { Length: > 0 } text ? text : null,
            Prepare = request.Prepare,
            MarkReadyByHand = request.MarkReadyByHand,
            ImageName = "",
            DevicesJson = "",
            PublicKeysJson = "",
            CreatedAt = clock.GetUtcNow(),
        };
        row.Take(machine);
        db.GoldenImages.Add(row);
        return await SaveAsync(queue.Enqueue(BuildGoldenImage.Name, "golden-image", row.Id, row.Reference, row, new GoldenPlan()), cancellation);
    }, cancellation);

    /// <summary>A person has prepared the machine: it is frozen now.</summary>
    public Task<OperationRow> MarkReadyAsync(GoldenImageRow row, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(row, cancellation);
        if (row is not { State: GoldenImageState.Preparing, MarkReadyByHand: true })
            throw new RefusedException(Problems.IllegalState($"'{row.Reference}' is {Word(row)}{(row.MarkReadyByHand ? "" : " and was not asked to wait for a person")}; it cannot be marked ready."));
        var machine = await db.Machines.SingleOrDefaultAsync(m => m.Id == row.MachineId, cancellation)
            ?? throw new RefusedException(Problems.IllegalState($"The machine '{row.MachineName}' is gone; delete the golden image."));
        if (machine.Host != row.Host) throw new RefusedException(Problems.IllegalState($"The machine '{machine.Name}' has moved to '{machine.Host}'; delete the golden image and make it anew."));
        await DemandFreezableAsync(machine, row.Kind, agent: false, cancellation);
        row.Take(machine);
        row.Problem = null;
        return await SaveAsync(queue.Enqueue(FreezeGoldenImage.Name, "golden-image", row.Id, row.Reference, row, new GoldenPlan()), cancellation);
    }, cancellation);

    /// <summary>Gives it another name, as the next version of that, or another description.</summary>
    public Task<GoldenImageRow> EditAsync(GoldenImageRow row, EditGoldenImageRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        var name = request.Name ?? row.Name;
        Check(name, request.Description, null);
        if (name != row.Name) (row.Name, row.LineageVersion) = (name, await NextVersionAsync(row.ProjectId, name, cancellation));
        if (request.Description is { } text) row.Description = text.Length > 0 ? text : null;
        await db.SaveChangesAsync(cancellation);
        return row;
    }, cancellation);

    /// <summary>Removes one that nothing came from.</summary>
    public Task<OperationRow> DeleteAsync(GoldenImageRow row, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        if (await queue.LiveAsync(row.Id, cancellation) is { Kind: DeleteGoldenImage.Name } running) return running;
        // A launch from it that is being placed commits first, and its machine is seen; or comes after, and finds it no longer ready.
        await admission.LockAsync(row.Host, cancellation);
        await DemandIdleAsync(row, cancellation);
        if (await GoldenImageUse.OfAsync(db, row.Id, cancellation) is { Count: > 0 } users)
            throw new RefusedException(Problems.InUse($"'{row.Reference}' is what these came from: {string.Join(", ", users)}{(users.Count == 5 ? " and perhaps more" : "")}. Delete them first."));
        row.MoveTo(GoldenImageState.Deleting);
        return await SaveAsync(queue.Enqueue(DeleteGoldenImage.Name, "golden-image", row.Id, row.Reference, row), cancellation);
    }, cancellation);

    private async Task DemandFreezableAsync(MachineRow machine, GoldenImageKind kind, bool agent, CancellationToken cancellation)
    {
        await machines.DemandIdleAsync(machine, cancellation);
        var warm = kind == GoldenImageKind.Warm;
        if (machine.State != MachineState.Running && (warm || agent || machine.State != MachineState.Stopped))
        {
            throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is {machine.State.ToString().ToLowerInvariant()}. "
                + (warm ? "A warm golden image is made from a machine that runs." : agent ? "The prepare script needs a machine that runs." : "A golden image is made from a machine that runs or is stopped.")));
        }

        if (machine is { ImageId: null, WithoutImage: false }) throw new RefusedException(Problems.IllegalState("The machine was never made; there is nothing to freeze."));
        if (machine.Devices.DataDisks.Any(d => d.Path is not null))
            throw new RefusedException(Problems.Unsupported("A machine whose data disk is a file of its host cannot become a golden image: two machines must not write to one file."));
        if (!warm && (machine.Devices.Ephemeral || machine.DiskGib == 0))
            throw new RefusedException(Problems.Unsupported($"'{machine.Name}' keeps nothing on its disks when it stops; make a warm golden image of it."));
        await hosts.DemandAsync(db, machine.Host, warm ? "forks" : "clones", warm ? "freeze running machines" : "copy machines", cancellation);
        // Written to, so that of this and a change of the machine at the same moment one comes second, and sees the other.
        db.Entry(machine).State = EntityState.Modified;
    }

    private async Task DemandIdleAsync(GoldenImageRow row, CancellationToken cancellation)
    {
        if (await queue.LiveAsync(row.Id, cancellation) is { } live)
            throw new RefusedException(Problems.Conflict($"{live.Kind} is under way on '{row.Reference}' (operation {live.Id}). Wait for it, or cancel it."));
    }

    private async Task<int> NextVersionAsync(string project, string name, CancellationToken cancellation)
        => 1 + (await db.GoldenImages.Where(g => g.ProjectId == project && g.Name == name).MaxAsync(g => (int?)g.LineageVersion, cancellation) ?? 0);

    private void Check(string name, string? description, string? prepare)
    {
        var check = new Check();
        check.That(Names.IsHostLabel(name), "name", Names.HostLabelRule);
        check.Description(description);
        check.That(prepare is null || (prepare.Length > 0 && prepare.Length <= options.MaximumUserData && !prepare.Contains('\0')), "prepare", $"1 to {options.MaximumUserData} characters, no NUL");
        check.Throw();
    }

    private static string Word(GoldenImageRow row) => row.State.ToString().ToLowerInvariant();

    private async Task<OperationRow> SaveAsync(OperationRow operation, CancellationToken cancellation)
    {
        await db.SaveChangesAsync(cancellation);
        return operation;
    }
}
