using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Keys;
using Warren.Server.Machines.Placing;
using Warren.Server.Machines.Workflows;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Templates;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>POST /machines: checks everything that can be checked now, then commits machine, ports and operation at once.</summary>
internal sealed class LaunchCommand(
    WarrenDb db, Caller caller, LaunchRules rules, ImageDemand images, MachinePlacement placement, HostViews hosts, GoldenLaunch golden,
    PortAllocator ports, OperationQueue queue, TemplateLaunch templates, QuotaCheck quotas, TimeProvider clock)
{
    /// <summary>Two launches may race for a port or a name in several replicas; the loser tries anew.</summary>
    private const int Tries = 5;

    /// <summary>Launches a machine.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="spare">It is for a pool, and nobody's until it is claimed.</param>
    public async Task<OperationRow> RunAsync(LaunchRequest request, CancellationToken cancellation, bool spare = false)
    {
        request = await WholeAsync(request, cancellation);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await db.TransactAsync(() => TryAsync(request, spare, cancellation), cancellation);
            }
            catch (DbUpdateException e) when (ProblemWriter.IsUniqueViolation(e) && attempt < Tries && db.Database.CurrentTransaction is null)
            {
                db.ChangeTracker.Clear();
            }
        }
    }

    /// <summary>The request with what its template says.</summary>
    /// <exception cref="RefusedException">The caller may not have that.</exception>
    public async Task<LaunchRequest> WholeAsync(LaunchRequest request, CancellationToken cancellation)
    {
        var whole = await templates.ApplyAsync(request, cancellation);
        // Such a guest is a program on the host's own network, with the host's loopback in reach.
        if (whole.NetworkMode == MachineNetworkMode.Lan) caller.DemandAdministrator("let a machine into the network of its host (networkMode lan)");
        if (!caller.IsAdministrator) rules.CheckShare(whole);
        return whole;
    }

    /// <summary>POST /machines/placement: where it would go, and why.</summary>
    public async Task<Placement> ExplainAsync(LaunchRequest request, CancellationToken cancellation)
    {
        request = await WholeAsync(request, cancellation);
        rules.CheckShape(request);
        if (request.GoldenImage is not null) return await golden.ExplainAsync(request, cancellation);
        var (format, least, ordinary) = await images.LookAsync(request.Image!, cancellation);
        return await placement.ExplainAsync(PlacementWish.Of(request, rules.Decide(request, least, ordinary, format == "iso"), format), cancellation);
    }

    private async Task<OperationRow> TryAsync(LaunchRequest request, bool spare, CancellationToken cancellation)
    {
        rules.CheckShape(request);
        if (request.GoldenImage is not null) return await golden.AddAsync(request, spare, cancellation);
        var image = await images.DemandAsync(request.Image!, cancellation);
        var spec = rules.Decide(request, image.MinimumMemoryMib, image.DefaultMemoryMib, image.Format == "iso");
        var project = caller.ProjectId;
        var name = request.Name ?? MachineNames.New();
        if (await db.Machines.AnyAsync(m => m.ProjectId == project && m.Name == name, cancellation))
            throw new RefusedException(Problems.NameTaken(name));
        var publicKeys = await PublicKeys.ResolveAsync(db, caller, request.Keys, cancellation);
        var id = Ids.New(clock);
        // Said plainly of the host that is asked for; others are passed over.
        if (request.Host is { } named && await db.Hosts.AnyAsync(h => h.Name == named, cancellation))
            foreach (var (capability, verb) in Lifetimes.Needs(request)) await hosts.DemandAsync(db, named, capability, verb, cancellation);
        await quotas.DemandAsync(caller.UserId, project, QuotaCount.Of(spec, request.Start), cancellation, spare: spare);
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
            ImageName = request.Image!,
            Template = request.Template,
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
                NetworkMode = spec.NetworkMode,
                Egress = spec.Egress,
                NetworkMbps = spec.NetworkMbps,
                DiskMiBps = spec.DiskMiBps,
                DiskIops = spec.DiskIops,
                Options = spec.Options,
            }, WarrenJson.Options),
            MacAddress = MacAddresses.New(),
            PublicKeysJson = JsonSerializer.Serialize(publicKeys),
            UserData = request.UserData,
            SeedGeneration = 1,
            Wanted = request.Start ? WantedPower.On : WantedPower.Off,
            ReadinessJson = "{}",
            RecordScreen = request.RecordScreen == true,
            CreatedAt = now,
            Placement = placed,
        };
        db.Machines.Add(machine);
        await ports.AllocateAsync(host, id, request.Network is null ? Wishes(request.Forwards) : [], cancellation);
        var operation = queue.Enqueue(LaunchMachine.Name, "machine", id, name, machine);
        Lifetimes.Apply(machine, request, operation.CreatedAt);
        await db.SaveChangesAsync(cancellation);
        return operation;
    }

    /// <summary>Every guest on the default network gets a way to its SSH server, asked for or not.</summary>
    internal static List<ForwardRequest> Wishes(IReadOnlyList<ForwardRequest> asked)
        => asked.Any(f => f is { Protocol: "tcp", GuestPort: MachineViews.SshPort })
            ? [.. asked]
            : [new ForwardRequest { GuestPort = MachineViews.SshPort }, .. asked];
}
