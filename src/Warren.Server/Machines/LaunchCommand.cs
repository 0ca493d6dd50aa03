using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Images;
using Warren.Server.Keys;
using Warren.Server.Machines.Placing;
using Warren.Server.Machines.Workflows;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>POST /machines: checks everything that can be checked now, then commits machine, ports and operation at once.</summary>
internal sealed class LaunchCommand(
    WarrenDb db, Caller caller, LaunchRules rules, ImageDemand images, MachinePlacement placement,
    PortAllocator ports, OperationQueue queue, TimeProvider clock)
{
    /// <summary>Two launches may race for a port or a name in several replicas; the loser tries anew.</summary>
    private const int Tries = 5;

    public async Task<OperationRow> RunAsync(LaunchRequest request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await db.TransactAsync(() => TryAsync(request, cancellation), cancellation);
            }
            catch (DbUpdateException e) when (ProblemWriter.IsUniqueViolation(e) && attempt < Tries && db.Database.CurrentTransaction is null)
            {
                db.ChangeTracker.Clear();
            }
        }
    }

    /// <summary>POST /machines/placement: where it would go, and why.</summary>
    public async Task<Placement> ExplainAsync(LaunchRequest request, CancellationToken cancellation)
    {
        rules.CheckShape(request);
        var (format, least, ordinary) = await images.LookAsync(request.Image, cancellation);
        return await placement.ExplainAsync(PlacementWish.Of(request, rules.Decide(request, least, ordinary, format == "iso"), format), cancellation);
    }

    private async Task<OperationRow> TryAsync(LaunchRequest request, CancellationToken cancellation)
    {
        rules.CheckShape(request);
        var image = await images.DemandAsync(request.Image, cancellation);
        var spec = rules.Decide(request, image.MinimumMemoryMib, image.DefaultMemoryMib, image.Format == "iso");
        var project = caller.ProjectId;
        var name = request.Name ?? MachineNames.New();
        if (await db.Machines.AnyAsync(m => m.ProjectId == project && m.Name == name, cancellation))
            throw new RefusedException(Problems.NameTaken(name));
        var publicKeys = await PublicKeys.ResolveAsync(db, caller, request.Keys, cancellation);
        var id = Ids.New(clock);
        var placed = await placement.DemandAsync(PlacementWish.Of(request, spec, image.Format), cancellation);
        var host = placed.Host!;
        var now = clock.GetUtcNow();
        var machine = new MachineRow
        {
            Id = id,
            Name = name,
            OwnerId = caller.UserId,
            ProjectId = project,
            Host = host,
            ImageName = request.Image,
            ImageId = image.Id,
            MemoryMib = spec.MemoryMiB,
            Cpus = spec.Cpus,
            DiskGib = spec.DiskGiB,
            DevicesJson = JsonSerializer.Serialize(new MachineDevices
            {
                Firmware = spec.Firmware,
                Video = spec.Video,
                Ephemeral = spec.Ephemeral,
                DataDisks = spec.DataDisks,
                Network = spec.Network,
                Options = spec.Options,
            }, WarrenJson.Options),
            MacAddress = MacAddresses.New(),
            PublicKeysJson = JsonSerializer.Serialize(publicKeys),
            UserData = request.UserData,
            SeedGeneration = 1,
            Wanted = request.Start ? WantedPower.On : WantedPower.Off,
            ReadinessJson = "{}",
            CreatedAt = now,
            Placement = placed,
        };
        db.Machines.Add(machine);
        await ports.AllocateAsync(host, id, request.Network is null ? Wishes(request.Forwards) : [], cancellation);
        var operation = queue.Enqueue(LaunchMachine.Name, "machine", id, name, machine);
        // Its time begins when the launch does, not when the server began to think about it.
        if (request.TtlSeconds is { } ttl) machine.ExpiresAt = operation.CreatedAt.AddSeconds(ttl);
        await db.SaveChangesAsync(cancellation);
        return operation;
    }

    /// <summary>Every guest on the default network gets a way to its SSH server, asked for or not.</summary>
    private static List<ForwardRequest> Wishes(IReadOnlyList<ForwardRequest> asked)
        => asked.Any(f => f is { Protocol: "tcp", GuestPort: MachineViews.SshPort })
            ? [.. asked]
            : [new ForwardRequest { GuestPort = MachineViews.SshPort }, .. asked];
}
