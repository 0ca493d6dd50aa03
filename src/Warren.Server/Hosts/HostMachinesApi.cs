using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>Routes for what runs on a host, ours or not.</summary>
internal static partial class HostMachinesApi
{
    public static void Map(RouteGroupBuilder hosts)
    {
        hosts.MapGet("/{name}/machines", ListAsync).WithName("listHostMachines").ProducesProblem(403).ProducesProblem(404).ProducesProblem(502)
            .WithSummary("Machines on a host as it lists them now, ours and foreign");
        hosts.MapPost("/{name}/machines/{nativeName}/adopt", AdoptAsync).WithName("adoptMachine")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Take a foreign machine into our care; it runs on, and has no image");
    }

    private static async Task<Ok<Page<HostMachine>>> ListAsync(
        string name, HostCommands commands, HostDirectory hosts, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("look into hosts");
        await commands.FindAsync(name, cancellation);
        var driver = await hosts.DriverAsync(name, cancellation);
        var found = await driver.ListAsync(cancellation);
        var machines = await db.Machines.AsNoTracking().Where(m => m.Host == name).Select(m => new { m.Id, m.Name, m.MemoryMib }).ToDictionaryAsync(m => m.Id, cancellation);
        // What carries the disks of a golden image is ours too, though no machine of anybody's.
        var golden = await db.GoldenImages.AsNoTracking().Where(g => g.Host == name).ToDictionaryAsync(g => g.Id, g => $"golden image {g.Reference}", cancellation);
        var memory = driver.MemoryUse is { } facet ? (await facet.LookAsync([.. found.Select(f => f.MachineId).OfType<string>()], cancellation)).Machines : null;
        return TypedResults.Ok(new Page<HostMachine>([.. found.OrderBy(f => f.NativeName, StringComparer.Ordinal).Select(View)]));

        HostMachine View(FoundMachine native)
        {
            var id = native.MachineId ?? "";
            var (known, taken) = (machines.GetValueOrDefault(id), memory?.GetValueOrDefault(id));
            return new HostMachine(native.NativeName, native.Power.ToString().ToLowerInvariant(), native.MachineId is not null, known?.Name ?? golden.GetValueOrDefault(id),
                known?.MemoryMib, taken is null ? null : new MemoryUse(taken.ProportionalMiB, taken.PrivateMiB));
        }
    }

    private static async Task<AcceptedOperation> AdoptAsync(
        string name, string nativeName, AdoptRequest? request, HostCommands commands, HostDirectory hosts, MachineCommands machines, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("adopt machines");
        await commands.FindAsync(name, cancellation);
        if (nativeName.Length > 255 || nativeName.Any(char.IsControl)) throw new RefusedException(Problems.NotFound("There is no such machine."));
        var known = await MarkOfAsync(name, nativeName, hosts, cancellation);
        return new AcceptedOperation(await machines.AdoptAsync(name, nativeName, known, request?.Name ?? NameOf(nativeName), caller, cancellation));
    }

    /// <summary>The id that a machine carries already; null also when its host does not say: the operation tells what is wrong with it.</summary>
    private static async Task<string?> MarkOfAsync(string host, string nativeName, HostDirectory hosts, CancellationToken cancellation)
    {
        try
        {
            return (await (await hosts.DriverAsync(host, cancellation)).ListAsync(cancellation)).FirstOrDefault(m => m.NativeName == nativeName)?.MachineId;
        }
        catch (HypervisorException)
        {
            return null;
        }
    }

    /// <summary>A host label made of its name there: <c>Web Server_2</c> becomes <c>web-server-2</c>.</summary>
    private static string NameOf(string nativeName)
    {
        var label = Others().Replace(nativeName.ToLowerInvariant(), "-").Trim('-');
        if (label.Length > 63) label = label[..63].TrimEnd('-');
        return Names.IsHostLabel(label) ? label : MachineNames.New();
    }

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Others();
}
