using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>Routes for the networks and the storage of a host. Each can be repeated: what exists as asked for is left alone.</summary>
internal static partial class HostResourcesApi
{
    private static readonly IPNetwork[] PrivateRanges = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16")];

    public static void Map(RouteGroupBuilder hosts)
    {
        hosts.MapGet("/{name}/networks", ListNetworksAsync).WithName("listNetworks").ProducesProblem(404).ProducesProblem(422).ProducesProblem(502).WithSummary("Networks of a host, ours and foreign");
        hosts.MapPost("/{name}/networks", CreateNetworkAsync).WithName("createNetwork").WithMetadata(Repeatable.Instance)
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422).ProducesProblem(502).WithSummary("Make a network on a host");
        hosts.MapDelete("/{name}/networks/{network}", DeleteNetworkAsync).WithName("deleteNetwork")
            .ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(502).WithSummary("Remove a network that was made here");
        hosts.MapGet("/{name}/storage", ListStorageAsync).WithName("listStorage").ProducesProblem(404).ProducesProblem(422).ProducesProblem(502).WithSummary("Storage of a host, ours and foreign");
        hosts.MapPost("/{name}/storage", CreateStorageAsync).WithName("createStorage").WithMetadata(Repeatable.Instance)
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(422).ProducesProblem(502).WithSummary("Use a folder of a host for disks");
        hosts.MapDelete("/{name}/storage/{storage}", DeleteStorageAsync).WithName("deleteStorage")
            .ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(502).WithSummary("Forget storage that was made here; a folder that is not empty stays");
    }

    /// <summary>A facet of a host's driver.</summary>
    /// <exception cref="RefusedException">There is no such host, or it cannot do that; the problem says why.</exception>
    public static async Task<T> DemandAsync<T>(
        string host, string capability, Func<IHypervisor, T?> facet, HostCommands commands, HostViews views, HostDirectory hosts, CancellationToken cancellation)
        where T : class
    {
        var row = await commands.FindAsync(host, cancellation);
        if ((await views.CapabilitiesAsync(row, cancellation)).GetValueOrDefault(capability) is { } reason)
            throw new RefusedException(Problems.Unsupported($"Host '{host}' has no {capability}: {reason}."));
        return facet(await hosts.DriverAsync(host, cancellation)) ?? throw new RefusedException(Problems.Unsupported($"Host '{host}' has no {capability}."));
    }

    private static async Task<Ok<Page<Network>>> ListNetworksAsync(string name, HostCommands commands, HostViews views, HostDirectory hosts, CancellationToken cancellation)
    {
        var networks = await DemandAsync(name, "networks", d => d.Networks, commands, views, hosts, cancellation);
        return TypedResults.Ok(new Page<Network>([.. (await networks.ListAsync(cancellation)).Select(View)]));
    }

    private static async Task<Created<Network>> CreateNetworkAsync(
        string name, CreateNetworkRequest request, HostCommands commands, HostViews views, HostDirectory hosts, HostObservations observations, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("make networks");
        var check = new Check();
        check.That(NetworkName().IsMatch(request.Name), "name", "1 to 15 characters of a-z, 0-9 and inner '-'");
        check.That(request.Kind != NetworkKind.Other, "kind", "nat, bridge or isolated");
        check.That(request.Range is null || IsPrivateRange(request.Range), "range", "a private IPv4 range such as 192.168.150.0/24, from /8 to /29");
        check.That(request.Kind == NetworkKind.Bridge == request.Bridge is not null, "bridge", "stated for a bridge network, and only there");
        check.That(request.Bridge is null || NetworkName().IsMatch(request.Bridge), "bridge", "the name of a bridge: 1 to 15 characters of a-z, 0-9 and inner '-'");
        check.Throw();
        var networks = await DemandAsync(name, "networks", d => d.Networks, commands, views, hosts, cancellation);
        await networks.CreateAsync(new HostNetwork(request.Name, (NetworkMode)request.Kind) { Range = request.Range, Bridge = request.Bridge }, cancellation);
        var made = await RememberAsync(name, networks, observations, cancellation);
        return TypedResults.Created((string?)null, View(made.FirstOrDefault(n => n.Name == request.Name)
            ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"the host says that network {request.Name} was made, and does not list it")));
    }

    private static async Task<NoContent> DeleteNetworkAsync(
        string name, string network, HostCommands commands, HostViews views, HostDirectory hosts, HostObservations observations, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("remove networks");
        var networks = await DemandAsync(name, "networks", d => d.Networks, commands, views, hosts, cancellation);
        await networks.DeleteAsync(network, cancellation);
        await RememberAsync(name, networks, observations, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Page<Storage>>> ListStorageAsync(string name, HostCommands commands, HostViews views, HostDirectory hosts, CancellationToken cancellation)
    {
        var storage = await DemandAsync(name, "storage", d => d.Storage, commands, views, hosts, cancellation);
        return TypedResults.Ok(new Page<Storage>([.. (await storage.ListAsync(cancellation)).Select(View)]));
    }

    private static async Task<Created<Storage>> CreateStorageAsync(
        string name, CreateStorageRequest request, HostCommands commands, HostViews views, HostDirectory hosts, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("make storage");
        var check = new Check();
        check.That(Names.IsLabel(request.Name), "name", Names.LabelRule);
        check.That(request.Path.Length is > 1 and <= 1024 && (request.Path[0] == '/' || (request.Path.Length > 2 && request.Path[1] == ':'))
            && !request.Path.Any(char.IsControl) && !request.Path.Split('/', '\\').Contains(".."), "path", "an absolute path of a folder of the host");
        check.Throw();
        var storage = await DemandAsync(name, "storage", d => d.Storage, commands, views, hosts, cancellation);
        await storage.CreateAsync(request.Name, request.Path, cancellation);
        return TypedResults.Created((string?)null, View((await storage.ListAsync(cancellation)).FirstOrDefault(p => p.Name == request.Name)
            ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"the host says that storage {request.Name} was made, and does not list it")));
    }

    private static async Task<NoContent> DeleteStorageAsync(
        string name, string storage, HostCommands commands, HostViews views, HostDirectory hosts, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("remove storage");
        await (await DemandAsync(name, "storage", d => d.Storage, commands, views, hosts, cancellation)).DeleteAsync(storage, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<IReadOnlyList<HostNetwork>> RememberAsync(string host, INetworks networks, HostObservations observations, CancellationToken cancellation)
    {
        var there = await networks.ListAsync(cancellation);
        await observations.FoundAsync(host, [.. there.Select(n => n.Name)], cancellation);
        return there;
    }

    /// <summary>RFC 1918, and aligned: guests on it must not take anybody's address away.</summary>
    private static bool IsPrivateRange(string range) => IPNetwork.TryParse(range, out var network)
        && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork && network.PrefixLength is >= 8 and <= 29 && network.ToString() == range
        && PrivateRanges.Any(p => p.PrefixLength <= network.PrefixLength && p.Contains(network.BaseAddress));

    private static Network View(HostNetwork network) => new()
    {
        Name = network.Name,
        Kind = (NetworkKind)network.Mode,
        Range = network.Range,
        Bridge = network.Bridge,
        Active = network.Active,
        Ours = network.Ours,
    };

    private static Storage View(StoragePool pool) => new()
    {
        Name = pool.Name,
        Kind = pool.Kind,
        Path = pool.Path,
        CapacityBytes = pool.CapacityBytes,
        FreeBytes = pool.FreeBytes,
        Active = pool.Active,
        Ours = pool.Ours,
    };

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex NetworkName();
}
