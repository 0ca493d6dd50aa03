using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Images.Golden;
using Warren.Server.Keys;
using Warren.Server.Machines.Placing;
using Warren.Server.Machines.Workflows;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>POST /machines with a golden image: what it is made of comes from there, and so does its host.</summary>
internal sealed class GoldenLaunch(
    WarrenDb db, Caller caller, GoldenImageDemand demand, MachinePlacement placement, HostViews hosts, PortAllocator ports, OperationQueue queue, QuotaCheck quotas, TimeProvider clock)
{
    /// <summary>Whether its host would take it; changes nothing.</summary>
    public async Task<Placement> ExplainAsync(LaunchRequest request, CancellationToken cancellation)
    {
        var golden = await demand.DemandReadyAsync(request.GoldenImage!, cancellation);
        Check(request, golden);
        return await placement.ExplainAsync(Wish(request, golden), cancellation);
    }

    /// <summary>Adds machine, ports and operation; runs in the caller's transaction.</summary>
    public async Task<OperationRow> AddAsync(LaunchRequest request, bool spare, CancellationToken cancellation)
    {
        var golden = await demand.DemandReadyAsync(request.GoldenImage!, cancellation);
        Check(request, golden);
        var (name, project, warm) = (request.Name ?? MachineNames.New(), caller.ProjectId, golden.Kind == GoldenImageKind.Warm);
        if (await db.Machines.AnyAsync(m => m.ProjectId == project && m.Name == name, cancellation)) throw new RefusedException(Problems.NameTaken(name));
        var keys = await PublicKeys.ResolveAsync(db, caller, request.Keys, cancellation);
        await hosts.DemandAsync(db, golden.Host, warm ? "forks" : "clones", warm ? "fork machines" : "copy machines", cancellation);
        foreach (var (capability, verb) in Lifetimes.Needs(request)) await hosts.DemandAsync(db, golden.Host, capability, verb, cancellation);
        await quotas.DemandAsync(caller.UserId, project, QuotaCount.Of(golden.ToSpec(), request.Start), cancellation, spare: spare);
        var placed = await placement.DemandAsync(Wish(request, golden), cancellation);
        // Its host is locked now: a deletion has come before, and is seen, or waits.
        if (!await db.GoldenImages.AnyAsync(g => g.Id == golden.Id && g.State == GoldenImageState.Ready, cancellation))
            throw new RefusedException(Problems.Validation("goldenImage", $"'{golden.Reference}' is being deleted"));
        var machine = new MachineRow
        {
            Id = Ids.New(clock),
            Name = name,
            OwnerId = caller.UserId,
            ProjectId = project,
            Host = golden.Host,
            ImageName = golden.ImageName,
            ImageId = golden.ImageId,
            WithoutImage = golden.WithoutImage,
            GoldenImageId = golden.Id,
            Template = request.Template,
            MemoryMib = golden.MemoryMib,
            Cpus = golden.Cpus,
            DiskGib = golden.DiskGib,
            // What the machine that it was made from could reach is not handed on with it.
            DevicesJson = System.Text.Json.JsonSerializer.Serialize(Devices(golden, request), WarrenJson.Options),
            MacAddress = MacAddresses.New(),
            PublicKeysJson = keys.Count == 0 ? golden.PublicKeysJson : System.Text.Json.JsonSerializer.Serialize(keys),
            UserData = warm ? null : request.UserData ?? AsUserData(request.FirstBoot),
            SeedGeneration = warm ? MachineRow.RenewedGeneration : 1,
            Wanted = request.Start ? WantedPower.On : WantedPower.Off,
            ReadinessJson = "{}",
            RecordScreen = request.RecordScreen == true,
            CreatedAt = clock.GetUtcNow(),
            Placement = placed with { Why = $"The golden image '{golden.Reference}' is there." },
        };
        db.Machines.Add(machine);
        await ports.AllocateAsync(golden.Host, machine.Id, golden.ToSpec().Network is null ? LaunchCommand.Wishes(request.Forwards) : [], cancellation);
        var operation = queue.Enqueue(LaunchGolden.Name, "machine", machine.Id, name, machine, new LaunchGolden.Plan { Keys = keys, FirstBoot = warm ? request.FirstBoot : null });
        Lifetimes.Apply(machine, request, operation.CreatedAt);
        await db.SaveChangesAsync(cancellation);
        return operation;
    }

    private static PlacementWish Wish(LaunchRequest request, GoldenImageRow golden)
        => PlacementWish.Of(request with { Host = golden.Host }, Spec(golden, request), null);

    private static MachineDevices Devices(GoldenImageRow golden, LaunchRequest request) => golden.Devices with
    {
        NetworkMode = LaunchRules.ModeOf(request),
        Egress = EgressRules.Canonical(request.Egress),
        NetworkMbps = request.NetworkMbps,
        DiskMiBps = request.DiskMiBps,
        DiskIops = request.DiskIops,
    };

    private static MachineSpec Spec(GoldenImageRow golden, LaunchRequest request) => golden.ToSpec() with
    {
        NetworkMode = LaunchRules.ModeOf(request),
        Egress = EgressRules.Canonical(request.Egress),
        NetworkMbps = request.NetworkMbps,
        DiskMiBps = request.DiskMiBps,
        DiskIops = request.DiskIops,
    };

    /// <summary>A clone boots, and cloud-init runs user-data that is a script once.</summary>
    private static string? AsUserData(string? script) => script is null || script.StartsWith("#!", StringComparison.Ordinal) ? script : "#!/bin/sh\n" + script;

    private static void Check(LaunchRequest request, GoldenImageRow golden)
    {
        var (check, spec, reference) = (new Check(), golden.ToSpec(), golden.Reference);
        check.That(request.Host is null || request.Host == golden.Host, "host", $"is the golden image's: {golden.Host}");
        check.That(request.MemoryMiB is null || request.MemoryMiB == spec.MemoryMiB, "memoryMiB", $"comes from '{reference}': {spec.MemoryMiB}");
        check.That(request.Cpus is null || request.Cpus == spec.Cpus, "cpus", $"comes from '{reference}': {spec.Cpus}");
        check.That(request.DiskGiB is null || request.DiskGiB == spec.DiskGiB, "diskGiB", $"comes from '{reference}': {spec.DiskGiB}");
        check.That(request.Firmware == default || request.Firmware == spec.Firmware, "firmware", $"comes from '{reference}'");
        check.That(request.Video == default || request.Video == spec.Video, "video", $"comes from '{reference}'");
        check.That(!request.Ephemeral || spec.Ephemeral, "ephemeral", $"comes from '{reference}'");
        check.That(request.DataDisks.Count == 0, "dataDisks", $"come from '{reference}'");
        check.That(request.Options.Count == 0, "options", $"come from '{reference}'");
        check.That(request.Network is null || request.Network == spec.Network, "network", $"comes from '{reference}'{(spec.Network is null ? ", which is on the host's default network" : $": {spec.Network}")}");
        check.That(request.NetworkMode is null || spec.Network is null, "networkMode", $"needs the host's default network; '{reference}' is on {spec.Network}");
        check.That(request.Egress.Count == 0 || spec.Network is null, "egress", $"needs the host's default network; '{reference}' is on {spec.Network}");
        check.That(request.NetworkMbps is null || spec.Network is null, "networkMbps", $"needs the host's default network; '{reference}' is on {spec.Network}");
        check.That(request.Forwards.Count == 0 || spec.Network is null, "forwards", $"need the host's default network; '{reference}' is on {spec.Network}");
        if (golden.Kind == GoldenImageKind.Warm)
        {
            check.That(request.Start, "start", "a machine from a warm golden image goes on at once");
            check.That(request.UserData is null, "userData", "a machine from a warm golden image does not boot; use firstBoot");
        }
        else
        {
            check.That(request.UserData is null || request.FirstBoot is null, "firstBoot", "leave out one of firstBoot and userData: both run at the first boot");
            check.That(request.FirstBoot is null || !golden.WithoutImage, "firstBoot", "the machine was adopted and takes no seed");
        }

        check.Throw();
    }
}
